// Package confluent serves a registry to clients of the Confluent Schema
// Registry: its REST surface, for JSON Schemas, over any [salt.RegistryStore].
//
// # Subjects, versions, ids
//
// A subject is a topic. The topics of requests have two more, their siblings:
// <topic>-response and <topic>-error. A topic that is really called that comes
// first and hides the sibling; the sibling of an event does not exist, so the
// name is that of a topic not yet registered. One context exists, "."; subjects
// may carry it (":.:name").
//
// A subject's version is [salt.Record.Number], its id is that of the schema's
// text. "latest" is the highest by version order, as everywhere in Salt: where
// somebody registered an older version later, that is not the greatest number.
//
// # Registering
//
// What equals a registered version in meaning ([schema.Equal]) gets the id of
// that. Anything else becomes Salt's version "v<N>", one above the highest
// whole number of the topic, with mode, exchange and doc of the topic's latest
// version; the first is an event. The store judges it as it judges
// all versions. Registering a response or an error completes the latest version
// of the topic, or the one whose number is the request's "version", if it lacks
// that part; a different one for a version that has it is a conflict: new
// answers need a new version of the topic first.
//
// # What is refused
//
// Registered schemas are immutable, so every DELETE of schemas is refused with
// 42205 and names the remedy, which is to deprecate. Other schema types (a
// missing schemaType means AVRO), references, metadata, rule sets, ids and
// version numbers of the client's choice, aliases, groups, contexts, and modes
// other than READWRITE are refused too, never silently dropped. Parameters about
// deleted schemas, normalize and format are accepted and change nothing.
//
// # Compatibility
//
// Levels have the same names. The default is [salt.DefaultCompatibility].
// compatibilityPolicy LENIENT and STRICT is [salt.Policy.Readers]. The rules of
// a sibling are those of its topic and are set there.
package confluent

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync"

	"github.com/celerysalt/salt"
)

// Options adjust a handler. The zero value and nil are good.
type Options struct {
	// Version that clients are told at /v1/metadata/version. Default "salt".
	Version string

	// MaxBytes of a request's body. Default 1 MiB, four times what a schema
	// may have.
	MaxBytes int64

	// Logger hears why the store failed; clients only learn that it did.
	// Default: nobody.
	Logger *slog.Logger
}

// server answers from a store.
type server struct {
	store salt.RegistryStore
	opts  Options
	mux   *http.ServeMux

	config sync.Mutex // held from reading a policy to writing it back
}

// New returns the handler. It belongs at the root of a server's paths: clients
// ask for /subjects, /schemas, /compatibility, /config, /mode, /contexts and
// /v1/metadata. It asks nobody who they are: wrap it, and say with
// [salt.WithActor] on the request's context who makes the changes. Safe for
// concurrent use as far as the store is.
func New(store salt.RegistryStore, opts *Options) http.Handler {
	s := &server{store: store, mux: http.NewServeMux()}
	if opts != nil {
		s.opts = *opts
	}
	s.opts.Version = cmp.Or(s.opts.Version, "salt")
	s.opts.Logger = cmp.Or(s.opts.Logger, slog.New(slog.DiscardHandler))
	if s.opts.MaxBytes <= 0 {
		s.opts.MaxBytes = 1 << 20
	}
	s.routes()
	return s
}

func (s *server) routes() {
	for pattern, f := range map[string]action{
		"GET /subjects":                                           s.listSubjects,
		"POST /subjects/{subject}":                                s.findSchema,
		"GET /subjects/{subject}/metadata":                        s.latestWith,
		"GET /subjects/{subject}/versions":                        s.listVersions,
		"POST /subjects/{subject}/versions":                       s.register,
		"GET /subjects/{subject}/versions/{version}":              s.version,
		"GET /subjects/{subject}/versions/{version}/schema":       s.versionText,
		"GET /subjects/{subject}/versions/{version}/referencedby": s.referencedBy,

		"DELETE /subjects/{subject}":                    s.deleteSubject,
		"DELETE /subjects/{subject}/versions/{version}": s.deleteVersion,

		"GET /schemas":                   s.listSchemas,
		"GET /schemas/types":             s.listTypes,
		"GET /schemas/ids/{id}":          s.schema,
		"GET /schemas/ids/{id}/schema":   s.schemaText,
		"GET /schemas/ids/{id}/subjects": s.schemaSubjects,
		"GET /schemas/ids/{id}/versions": s.schemaVersions,
		"GET /schemas/guids/{guid}":      s.schemaByGUID,
		"GET /schemas/guids/{guid}/ids":  s.idsByGUID,

		"POST /compatibility/subjects/{subject}/versions":           s.compatible,
		"POST /compatibility/subjects/{subject}/versions/{version}": s.compatible,

		"GET /config":              s.getConfig,
		"PUT /config":              s.putConfig,
		"DELETE /config":           s.deleteConfig,
		"GET /config/{subject}":    s.getConfig,
		"PUT /config/{subject}":    s.putConfig,
		"DELETE /config/{subject}": s.deleteConfig,

		"GET /mode":              s.getMode,
		"PUT /mode":              s.putMode,
		"DELETE /mode":           s.getMode,
		"GET /mode/{subject}":    s.getMode,
		"PUT /mode/{subject}":    s.putMode,
		"DELETE /mode/{subject}": s.getMode,

		"GET /contexts":              s.contexts,
		"DELETE /contexts/{context}": s.deleteContext,

		"GET /{$}":                 s.root,
		"GET /v1/metadata/id":      s.metadataID,
		"GET /v1/metadata/version": s.metadataVersion,
	} {
		s.mux.Handle(pattern, s.serve(f))
	}
}
