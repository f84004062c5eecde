// Package linefault says what went wrong on the way to a server, for all that speak HTTP
// in this module: in words for people, as a cause that repeats nothing of an answer or of
// an address, and how long a server asks to be left alone.
package linefault
