package certificate_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// A certificate was issued a moment ago, and its file is being made. Each try applies for
// an address of its own.
func ExampleClient_WaitForFile() {
	p := sandbox.New()
	stop, err := p.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	client, err := certificate.New(p.CertificateConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	dir, err := os.MkdirTemp("", "certificates-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	issued := p.IssueCertificate(p.Citizens()[0], sandbox.Certificate{FileReady: p.Clock().Now().Add(500 * time.Millisecond)})
	var file *certificate.File
	err = client.WaitForFile(context.Background(), certificate.FileWait{Every: time.Second}, func(ctx context.Context) error {
		applied, err := client.FileAddressByID(ctx, certificate.FileByIDRequest{ID: issued.ID, Cause: certificate.CauseSharing})
		if err != nil {
			return err
		}
		file, err = client.Save(ctx, applied.Files[0], filepath.Join(dir, "certificate.ofd"))
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(file.Format, file.Size > 0)
	// Output: ofd true
}
