"""Where the image goes: what azure-arm makes in one build, and what post-processors do after it."""
