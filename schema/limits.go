package schema

// Limits bound what a document may cost before and while it is validated. A
// field that is zero or negative has its default.
type Limits struct {
	MaxBytes  int // size of the whole document; default 1 MiB
	MaxDepth  int // nesting of objects and arrays; default 64
	MaxKeys   int // members of all objects together; default 10,000
	MaxDigits int // bytes of one number literal; default 1,000
	MaxErrors int // field errors kept, the rest is only counted; default 100

	// MaxSteps bounds the work of one validation, so that neither unions
	// nested in unions nor a costly pattern can keep a consumer busy. About
	// one step for each value and schema it is held against; default
	// 10,000,000, which takes less than a second.
	MaxSteps int
}

// DefaultLimits are the limits of [Schema.Validate].
var DefaultLimits = Limits{
	MaxBytes:  1 << 20,
	MaxDepth:  64,
	MaxKeys:   10_000,
	MaxDigits: 1_000,
	MaxErrors: 100,
	MaxSteps:  10_000_000,
}

// maxExponent bounds the exponent of a number literal either way. A float64
// ends at 308; what is far beyond cannot be meant, and exact arithmetic with
// it is expensive.
const maxExponent = 400

func (l Limits) withDefaults() Limits {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.MaxBytes, DefaultLimits.MaxBytes)
	set(&l.MaxDepth, DefaultLimits.MaxDepth)
	set(&l.MaxKeys, DefaultLimits.MaxKeys)
	set(&l.MaxDigits, DefaultLimits.MaxDigits)
	set(&l.MaxErrors, DefaultLimits.MaxErrors)
	set(&l.MaxSteps, DefaultLimits.MaxSteps)
	return l
}
