package main

import (
	"strings"
	"unicode/utf8"
)

// A table aligns columns. Cells are foreign text; colours come after the widths.
type table struct {
	head []string
	rows [][]string

	// paint colours a cell of a row, already padded; nil leaves all alone.
	paint func(row, column int, text string) string
}

func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	t.rows = append(t.rows, cells)
}

// print writes the head, if there are columns to name, and the rows.
func (a *app) printTable(t *table) error {
	width := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	pad := func(row []string, i int) string {
		if i == len(row)-1 {
			return row[i]
		}
		return row[i] + strings.Repeat(" ", width[i]-utf8.RuneCountInString(row[i])+2)
	}
	p := a.palette()
	line := make([]string, len(t.head))
	if strings.Join(t.head, "") != "" {
		for i := range t.head {
			line[i] = p.dim(pad(t.head, i))
		}
		if err := a.print(strings.TrimRight(strings.Join(line, ""), " ")); err != nil {
			return err
		}
	}
	for n, row := range t.rows {
		var b strings.Builder
		for i := range row {
			text := pad(row, i)
			if t.paint != nil {
				text = t.paint(n, i, text)
			}
			b.WriteString(text)
		}
		if err := a.print(strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
