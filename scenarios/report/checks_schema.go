package report

import _ "embed" // the schema

//go:embed checks.schema.json
var checksSchema []byte

// ChecksSchema returns the JSON Schema of [ChecksJSON].
func ChecksSchema() []byte { return checksSchema }
