package celery

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"io"
)

// inflate decompresses a body. The method is kombu's name of it: "gzip" there
// is a zlib stream (PROTOCOL.md, section 2). At most limit bytes are ever
// produced, whatever the input promises.
func inflate(method string, body []byte, limit int) ([]byte, error) {
	var r io.Reader
	var err error
	switch method {
	case "application/x-gzip":
		if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) { // a real gzip file
			r, err = gzip.NewReader(bytes.NewReader(body))
		} else {
			r, err = zlib.NewReader(bytes.NewReader(body))
		}
	case "application/x-bz2":
		r = bzip2.NewReader(bytes.NewReader(body))
	default:
		return nil, reject("compression %.100q is not supported", method)
	}
	if err != nil {
		return nil, reject("body is not %s: %v", method, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, reject("body is not %s: %v", method, err)
	case len(text) > limit:
		return nil, reject("body is larger than %d bytes when decompressed", limit)
	}
	return text, nil
}
