package postgres

// For tests outside the package.
var OrderKey = orderKey

// Name is server and database as errors name them.
func (r *Registry) Name() string { return r.name }

// ForgetNow lets the next See forget old participants.
func (r *Registry) ForgetNow() { r.forgetAt.Store(0) }
