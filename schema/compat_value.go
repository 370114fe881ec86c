package schema

// valid holds one value against a schema of either side. It is not known if
// that takes too much work.
func (p *prover) valid(n *node, v constant) (ok, known bool) {
	ok, _, known = p.evaluate(n, v.text, false)
	return ok, known
}

func (p *prover) evaluate(n *node, text string, tell bool) (ok bool, fields []FieldError, known bool) {
	if !p.spend(1 + len(text)/256 + p.listing(n)/1024) {
		return false, nil, false
	}
	t, err := scan([]byte(text), Limits{}.withDefaults())
	if err != nil {
		return false, nil, false
	}
	defer t.release()
	ev := evaluator{tape: t, limits: Limits{MaxSteps: 100_000}.withDefaults()}
	ok = ev.check(n, 0, tell)
	if !p.spend(ev.steps/16) || ev.steps > ev.limits.MaxSteps {
		return false, nil, false
	}
	if e, failed := ev.result().(*Error); failed { //nolint:errorlint // result wraps nothing
		fields = e.Fields
	}
	return ok, fields, true
}

// listing counts the listed values that one value is held against.
func (p *prover) listing(n *node) int {
	if count, ok := p.listings[n]; ok {
		return count
	}
	count := len(n.enum)
	for _, group := range [][]*node{{n.ref}, n.allOf, n.anyOf, n.oneOf} {
		for _, sub := range group {
			if sub != nil {
				count = min(count+p.listing(sub), maxSchemaBytes)
			}
		}
	}
	p.listings[n] = count
	return count
}

func (p *prover) validName(n *node, name string) (ok, known bool) {
	return p.valid(n, newConstant(name))
}

// valuesFit holds every value there is against the reader.
func (p *prover) valuesFit(s *shape, r *node, rep *report) bool {
	ok := true
	for _, v := range s.values {
		fit, fields, known := p.evaluate(r, v.text, rep != nil)
		if fit && known {
			continue
		}
		if ok = false; rep == nil {
			return false
		}
		writer := shorten(v.text)
		for _, f := range fields {
			fix := "let the reader accept this value, or withdraw it from the writer's schema"
			if v.text == "null" {
				fix = fixNull
			}
			at := &report{rep.breaks, rep.path + f.Pointer, rep.fix}
			at.add(f.Rule, writer, f.Expected, fix)
		}
		if len(fields) == 0 {
			rep.add(unproven, writer, "its schema", "simplify the reader's schema")
		}
	}
	return ok
}
