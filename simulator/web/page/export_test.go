package page

// Compress is how the handler compresses a file.
var Compress = compress
