"""A simulated Azure on loopback: Entra, ARM and blobs, as far as the Azure CLI and azure-arm ask them in a build.

Each answer has beside it where its status and shape are known from: `recording:` names one of azure-cli's
(src/azure-cli/azure/cli/command_modules/*/tests/latest/recordings), `spec:` a file of azure-rest-api-specs, `facts` is
docs/reference/azure-runtime.md. What is not simulated is answered with 501 and counts as a gap, which fails the test.
"""
