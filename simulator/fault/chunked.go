package fault

import "strconv"

// chunked sends the body with Transfer-Encoding: chunked. Webhooks rarely do, but HTTP allows it, so a receiver must not
// depend on Content-Length.
type chunked struct {
	noFault
	size int
}

func (chunked) afterSigning(o *Outgoing) error {
	o.Chunked = true
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
