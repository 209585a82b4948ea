source "null" "other" {
  communicator = "none"
}

build {
  sources = ["source.null.other"]
}
