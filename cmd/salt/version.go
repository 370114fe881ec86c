package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version says which salt this is. Go itself records it when building.
type version struct {
	Version string `json:"version"` // the module's, "(devel)" when built from a checkout
	Commit  string `json:"commit,omitzero"`
	Changed bool   `json:"changed,omitzero"` // the checkout had uncommitted changes
	Go      string `json:"go"`
}

func buildVersion() version {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version{Version: "unknown", Go: "unknown"}
	}
	v := version{Version: info.Main.Version, Go: info.GoVersion}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Changed = s.Value == "true"
		}
	}
	return v
}

func (v version) String() string {
	text := fmt.Sprintf("salt %s (%s", v.Version, v.Go)
	if v.Commit != "" {
		text += ", commit " + v.Commit[:min(len(v.Commit), 12)]
	}
	if v.Changed {
		text += " with changes"
	}
	return text + ")"
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which salt this is", Example: "  salt version --json",
		Args: arguments(0, 0, "no arguments"),
		RunE: a.action(func(context.Context, []string) error {
			v := buildVersion()
			if a.json {
				return a.printJSON(v)
			}
			return a.print(v.String())
		}),
	}
}
