package fault

import "strconv"

// chunked frames the body in chunks: rare for a webhook, and allowed, so a receiver must not need a Content-Length.
type chunked struct {
	harmless
	size int
}

func (chunked) afterSigning(d *Draft) error {
	d.Chunked = true
	return nil
}

func (f chunked) frame(dst, body []byte) []byte {
	for len(body) > 0 {
		chunk := body[:min(f.size, len(body))]
		body = body[len(chunk):]
		dst = strconv.AppendInt(dst, int64(len(chunk)), 16)
		dst = append(dst, "\r\n"...)
		dst = append(dst, chunk...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "0\r\n\r\n"...)
}
