package page

// Compress and Slim are what the handler does to a file.
var (
	Compress = compress
	Slim     = slim
)
