package interop_test

import (
	"os"
	"testing"

	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
)

func TestMain(m *testing.M) {
	if task := os.Getenv(unitEnv); task != "" {
		os.Exit(runUnit(task))
	}
	if task := os.Getenv(nodeEnv); task != "" {
		os.Exit(runNode(task))
	}
	if task := os.Getenv(websiteEnv); task != "" {
		os.Exit(runWebsite(task))
	}
	os.Exit(dbserver.Main(m))
}
