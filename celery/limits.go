package celery

// Limits bound what a foreign message may cost. Zero means the default.
type Limits struct {
	MaxBytes int // of the payload, without its envelope; default 1 MiB
	MaxDepth int // of nesting of the payload; default 64
	MaxKeys  int // of object members in the payload; default 10,000
}

const (
	defaultMaxBytes = 1 << 20
	defaultMaxDepth = 64
	defaultMaxKeys  = 10_000
)

func (l Limits) orDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = defaultMaxBytes
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = defaultMaxDepth
	}
	if l.MaxKeys <= 0 {
		l.MaxKeys = defaultMaxKeys
	}
	return l
}

// envelope is the limit of a whole body: quoting at most doubles a payload, and
// a little is left for the rest. So whoever sends payloads within MaxBytes need
// not fear that a receiver finds their envelope too large.
func (l Limits) envelope() int { return 2*l.MaxBytes + 64<<10 }

// check returns an error if the JSON text, known to be valid, exceeds l.
func (l Limits) check(text []byte) error {
	if len(text) > l.MaxBytes {
		return reject("payload of %d bytes is larger than %d", len(text), l.MaxBytes)
	}
	depth, keys, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		switch c {
		case '"':
			quoted = true
		case '{', '[':
			if depth++; depth > l.MaxDepth {
				return reject("payload is nested deeper than %d levels", l.MaxDepth)
			}
		case '}', ']':
			depth--
		case ':':
			if keys++; keys > l.MaxKeys {
				return reject("payload has more than %d object members", l.MaxKeys)
			}
		}
	}
	return nil
}
