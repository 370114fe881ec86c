package golang

// checkCycles refuses structs that would contain themselves.
func (g *generator) checkCycles() error {
	const open, done = 1, 2
	state := map[*named]int{}
	var walk func(n *named) error
	walk = func(n *named) error {
		state[n] = open
		if n.body == nil {
			return nil
		}
		for _, f := range n.body.fields {
			for _, inner := range f.cand.embeds {
				if inner.body == nil || state[inner] == done {
					continue
				}
				if state[inner] == open {
					return f.place.Errorf("a Go struct cannot contain itself; make the member a list, or null by default: \"anyOf\": [{\"$ref\": …}, {\"type\": \"null\"}]")
				}
				if err := walk(inner); err != nil {
					return err
				}
			}
		}
		state[n] = done
		return nil
	}
	for _, d := range g.decls {
		if n, ok := d.(*named); ok && n.body != nil && state[n] == 0 {
			if err := walk(n); err != nil {
				return err
			}
		}
	}
	return nil
}
