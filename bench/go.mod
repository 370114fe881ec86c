module github.com/celerysalt/salt/bench

go 1.26.0

require (
	github.com/celerysalt/salt v0.0.0
	github.com/rabbitmq/amqp091-go v1.16.0
)

require (
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/celerysalt/salt => ../
