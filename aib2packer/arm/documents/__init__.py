"""ARM documents: from any form of input to the image template in it, its parameters, and what is deployed beside it."""
