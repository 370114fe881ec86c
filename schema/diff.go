package schema

// A Difference is one place at which two schemas mean different things.
type Difference struct {
	Path string // JSON pointer into the schema document
	Have string // the JSON found on the first side, "absent" if none
	Want string
}

// String returns one line.
func (d Difference) String() string { return d.Path + ": " + d.Have + " != " + d.Want }
