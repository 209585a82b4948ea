locals {
  now  = timestamp()
  tags = { team = "platform" }
}
