package main
import ("os";"testing")
func dumpTo(t *testing.T, p *process) { t.Cleanup(func(){ os.WriteFile("/tmp/h6.dump.out", []byte(p.out.String()), 0o600); os.WriteFile("/tmp/h6.dump.err", []byte(p.err.String()), 0o600)}) }
