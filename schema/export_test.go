package schema

// MemberTitle is memberTitle for tests.
var MemberTitle = memberTitle
