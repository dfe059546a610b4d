package delivery_test

import "testing"

// reportCPU reports nothing here.
func reportCPU(*testing.B) func() { return func() {} }
