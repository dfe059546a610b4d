//go:build !unix || freebsd || dragonfly

package sqlite

import "errors"

func limitFileSize(int64) error { return errors.ErrUnsupported }
