// Package interop tests the module against programs of others: database servers, a browser.
// It is a module of its own, so that their drivers weigh on nobody who uses the parent.
package interop
