package yimatong_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/yimatong"
)

// A park gate takes emergency codes while the platform is down, once each.
func ExampleEmergencyVerifier() {
	if err := ecExample(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// accepted at the north gate
	// 此应急码已用过，请使用身份证
	// to upload: 1
}

func ecExample() error {
	ctx, now := context.Background(), time.Now().Truncate(time.Second)
	dir, err := os.MkdirTemp("", "gate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	// The issuer. A real key lies in a device.
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	key := yimatong.EmergencyKey{ID: 1, P256: &private.PublicKey}
	issuer, err := yimatong.NewEmergencyIssuer(yimatong.EmergencyIssuerConfig{Key: key, P256: private})
	if err != nil {
		return err
	}
	code, err := issuer.Issue(ctx, yimatong.EmergencyCode{
		User: yimatong.NewEmergencyUser(), NotBefore: now, Validity: 24 * time.Hour, Scope: yimatong.EmergencyPark,
	})
	if err != nil {
		return err
	}

	// The gate.
	seal, err := yimatong.NewEmergencySeal(make([]byte, 32)) // a real one is secret
	if err != nil {
		return err
	}
	record, err := yimatong.OpenEmergencyRecord(filepath.Join(dir, "record"), seal, yimatong.EmergencyRecordOptions{})
	if err != nil {
		return err
	}
	defer record.Close()
	mode, err := yimatong.NewOfflineMode(yimatong.OfflineConfig{Failures: 1})
	if err != nil {
		return err
	}
	gate, err := yimatong.NewEmergencyVerifier(yimatong.EmergencyVerifierConfig{
		Device: "GATE-01", Record: record, Accepting: mode.Accepting,
		Scenes: []yimatong.EmergencyScene{{Name: "north gate", Scope: yimatong.EmergencyPark, MaxPerHour: 600}},
		Keys:   yimatong.EmergencyKeySet{Refreshed: now, Keys: []yimatong.EmergencyKey{key}},
	})
	if err != nil {
		return err
	}

	mode.Observe(&zwfw.Error{Platform: "yimatong", Kind: zwfw.Timeout}) // a call that found no platform
	for range 2 {
		accepted, err := gate.Verify(ctx, yimatong.EmergencyScan{Code: code, Scene: "north gate"})
		if err != nil {
			fmt.Println(zwfw.AdviceFor(err).Citizen.ZH)
			continue
		}
		fmt.Println("accepted at the", accepted.Use.Scene)
	}
	fmt.Println("to upload:", len(record.Pending()))
	return nil
}
