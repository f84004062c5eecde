package yimatong_test

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/qr"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

func TestACitizenAuthorisesShowsACodeAndIsDecoded(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	citizen := p.Citizens()[0]

	grant, err := client.Authorize(t.Context(), p.MintAuthorization(citizen, "APP-01"), "APP-01")
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(2*time.Hour), grant.Expires, time.Minute)
	require.Equal(t, "base", grant.Scope)

	tags, err := client.UserTags(t.Context(), grant.Token)
	require.NoError(t, err)
	require.Len(t, tags.Tags, 2)
	require.Equal(t, "退役军人", tags.Tags[0].Text.Reveal(), "by number")
	require.Equal(t, p.URL+"/hz/icons/veteran.png", tags.Tags[0].Icon, "joined to the configured address")
	require.Equal(t, yimatong.Color(3), tags.Tags[0].Font)

	code, err := client.CreateQRCode(t.Context(), grant.Token, here)
	require.NoError(t, err)
	require.Equal(t, "gj", code.Type)
	require.Equal(t, "image/png", code.ImageType)
	require.Equal(t, time.Minute, code.Expires.Sub(code.ServerTime))
	require.Equal(t, "*试甲", code.ConcealedName.Reveal())
	require.True(t, code.ConcealedCard.IsMasked())

	_, err = png.Decode(bytes.NewReader(code.Image))
	require.NoError(t, err)
	shown, err := qr.Decode(code.Image)
	require.NoError(t, err)
	person, err := decode(t, client, zwfw.NewCodeText(shown.Text))
	require.NoError(t, err)
	require.Equal(t, citizen.Name.Reveal(), person.Name.Reveal())
	require.Equal(t, citizen.IDNumber.Reveal(), person.IDNumber.Reveal())
	require.Equal(t, citizen.Phone.Reveal(), person.Phone.Reveal())
	require.Equal(t, citizen.UserID, person.UserID.Reveal())
	require.Len(t, person.Tags, 2)
	require.Equal(t, "d-1", person.DecodeID)
	require.Empty(t, person.Warnings)

	_, err = decode(t, client, zwfw.NewCodeText(shown.Text))
	require.ErrorIs(t, err, zwfw.CodeUsed)
}

func TestTheChannelsCodeBringsNameAndNumberInClear(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	citizen := p.Citizens()[1]
	code, err := client.ChannelQRCode(t.Context(), tokenOf(t, p, client, citizen), here)
	require.NoError(t, err)
	require.Equal(t, citizen.Name.Reveal(), code.Name.Reveal())
	require.Equal(t, citizen.IDNumber.Reveal(), code.IDNumber.Reveal())
	require.NotContains(t, fmt.Sprintf("%+v %#v", code, code), citizen.IDNumber.Reveal())
}

func TestACitizenWithoutTagsIsNoError(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	tags, err := client.UserTags(t.Context(), tokenOf(t, p, client, p.Citizens()[1]))
	require.NoError(t, err)
	require.Empty(t, tags.Tags)
	require.Empty(t, tags.Warnings)
}

// Two citizens share one client at the same moment; nothing of one reaches the other.
func TestTwoHundredInterleavedCallsKeepTwoCitizensApart(t *testing.T) {
	t.Parallel()
	p, client := start(t, patient...)
	citizens := p.Citizens()[:2]
	tokens := []yimatong.ChannelToken{tokenOf(t, p, client, citizens[0]), tokenOf(t, p, client, citizens[1])}
	var begun atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for i := begun.Add(1); i <= 200; i = begun.Add(1) {
				code, err := client.ChannelQRCode(t.Context(), tokens[i%2], here)
				if !assert.NoError(t, err) {
					return
				}
				assert.Equal(t, citizens[i%2].Name.Reveal(), code.Name.Reveal())
				shown, err := qr.Decode(code.Image)
				if !assert.NoError(t, err) {
					return
				}
				person, err := client.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: zwfw.NewCodeText(shown.Text), Device: "DEV-01"})
				if assert.NoError(t, err) {
					assert.Equal(t, citizens[i%2].IDNumber.Reveal(), person.IDNumber.Reveal(), "the picture is that citizen's")
				}
			}
		})
	}
	group.Wait()
}

func TestTheClientKeepsNoToken(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	token := tokenOf(t, p, client, p.Citizens()[0])
	_, err := client.UserTags(t.Context(), token)
	require.NoError(t, err)
	_, err = client.UserTags(t.Context(), yimatong.ChannelToken{})
	requireRefusedHere(t, err, "token")
	_, err = client.UserTags(t.Context(), yimatong.NewChannelToken("not-a-token"))
	require.ErrorIs(t, err, zwfw.TokenInvalid)
	require.Len(t, p.Requests(), 3, "a citizen's token is not renewed by the client")
	p.Clock().Advance(3 * time.Hour)
	_, err = client.UserTags(t.Context(), token)
	require.ErrorIs(t, err, zwfw.TokenInvalid)
	require.Equal(t, "授权已过期，请重新授权", zwfw.AdviceFor(err).Citizen.ZH)
}

func requireRefusedHere(t *testing.T, err error, field string) {
	t.Helper()
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, field, e.Field)
	require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
	require.False(t, e.Sent)
	require.NotEmpty(t, e.Expected)
}

func TestBadInputIsRefusedByItsNameAndNothingIsSent(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	token := tokenOf(t, p, client, p.Citizens()[0])
	code := p.MintYimatongCode(p.Citizens()[0])
	sent := len(p.Requests())
	long := string(bytes.Repeat([]byte("x"), 5000))
	for field, call := range map[string]func() error{
		"Code": func() error { _, err := decode(t, client, zwfw.NewCodeText(" \r\n")); return err },
		"Device": func() error {
			_, err := client.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: code})
			return err
		},
		"Scene": func() error {
			_, err := client.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: code, Device: "D", Scene: "a\nb"})
			return err
		},
		"Nonce": func() error {
			_, err := client.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: code, Device: "D", Nonce: long})
			return err
		},
		"Latitude": func() error {
			_, err := client.CreateQRCode(t.Context(), token, yimatong.Position{Latitude: "30°15′", Longitude: "120.1"})
			return err
		},
		"Longitude": func() error {
			_, err := client.ChannelQRCode(t.Context(), token, yimatong.Position{Latitude: "30.1"})
			return err
		},
		"token": func() error { _, err := client.CreateQRCode(t.Context(), yimatong.ChannelToken{}, here); return err },
		"code":  func() error { _, err := client.Authorize(t.Context(), zwfw.Secret{}, "APP-01"); return err },
		"appID": func() error { _, err := client.Authorize(t.Context(), zwfw.NewSecret("AUTH-1"), ""); return err },
	} {
		requireRefusedHere(t, call(), field)
	}
	_, err := decode(t, client, zwfw.NewCodeText(long))
	require.ErrorIs(t, err, zwfw.CodeMalformed)
	require.Len(t, p.Requests(), sent)
}

func TestSettingsAreCheckedBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	good := p.YimatongConfig()
	signer, err := crypto.NewSigner("rsa-sha256", crypto.Material{Private: good.SigningKey})
	require.NoError(t, err)
	for want, change := range map[string]func(*yimatong.Config){
		"yimatong: Config.BaseURL is required": func(c *yimatong.Config) { c.BaseURL = "" },
		"yimatong: dialect hz-ymt@1: ops.Authorize: Config.BaseURL must end before /ymt, which the dialect's paths begin with": func(c *yimatong.Config) { c.BaseURL += "/ymt/" },
		"yimatong: Config.SigningKey and Config.Signer are both set; which one signs must be plain":                            func(c *yimatong.Config) { c.Signer = signer },
		"yimatong: Config.SigningKey or Config.Signer (RSA private key) is required by dialect hz-ymt@1":                       func(c *yimatong.Config) { c.SigningKey = nil },
		"yimatong: Config.DataKey, Config.MerchantID are required by dialect hz-ymt@1":                                         func(c *yimatong.Config) { c.DataKey, c.MerchantID = zwfw.Secret{}, "" },
		"yimatong: Config.MerchantID begins or ends with white space or holds a line end; was it read from a file?":            func(c *yimatong.Config) { c.MerchantID = "M0001\n" },
		"yimatong: Config.IconBase must be an http or https address":                                                           func(c *yimatong.Config) { c.IconBase = "icons" },
		"yimatong: Config.CodeLife is negative":                                                                                func(c *yimatong.Config) { c.CodeLife = -1 },
	} {
		c := good
		change(&c)
		_, err := yimatong.New(c)
		require.EqualError(t, err, want)
	}
	c := good
	c.DataKey = zwfw.NewSecret("fifteen letters")
	_, err = yimatong.New(c)
	require.ErrorContains(t, err, "Config.DataKey")
}

// A channel's back end that never decodes needs no merchant key.
func TestDecodingIsOffWithoutAMerchant(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	client := newClient(t, yimatong.Config{BaseURL: p.YimatongConfig().BaseURL})
	_, err := client.UserTags(t.Context(), tokenOf(t, p, client, p.Citizens()[0]))
	require.NoError(t, err)
	_, err = decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
	require.ErrorIs(t, err, zwfw.NotSupported)
	require.ErrorContains(t, err, "Config.MerchantID, Config.SigningKey and Config.DataKey are not set")
	require.Empty(t, client.CryptoReport())
}

func TestAMerchantChangesItsKeyWithoutAPause(t *testing.T) {
	t.Parallel()
	setup := sandbox.Start(t).YimatongConfig() // for its keys
	oldKey := setup.SigningKey
	second, err := os.ReadFile("testdata/second.pem")
	require.NoError(t, err)
	newKey, err := crypto.LoadPrivateKey(second)
	require.NoError(t, err)
	ring := func(id string, key *crypto.PrivateKey) crypto.RingKey {
		signer, err := crypto.NewSigner("rsa-sha256", crypto.Material{Private: key})
		require.NoError(t, err)
		verifier, err := crypto.NewVerifier("rsa-sha256", crypto.Material{Public: key.Public()})
		require.NoError(t, err)
		return crypto.RingKey{ID: id, Signer: signer, Verifier: verifier}
	}
	theirs, err := crypto.NewKeyring(nil, ring("old", oldKey), ring("new", newKey))
	require.NoError(t, err)
	ours, err := crypto.NewKeyring(nil, ring("old", oldKey))
	require.NoError(t, err)
	p := sandbox.Start(t, sandbox.WithYimatong(sandbox.YimatongSetup{Merchants: []sandbox.YimatongMerchant{{ID: "M0001", Verifier: theirs}}}))
	c := p.YimatongConfig()
	c.SigningKey, c.Signer = nil, ours
	client := newClient(t, c, patient...)

	var begun atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for i := begun.Add(1); i <= 200; i = begun.Add(1) {
				if i == 100 {
					assert.NoError(t, ours.Replace(ring("new", newKey)))
				}
				_, err := client.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: p.MintYimatongCode(p.Citizens()[0]), Device: "DEV-01"})
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
	require.True(t, theirs.Remove("new"))
	_, err = decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
	require.ErrorIs(t, err, zwfw.Signature)
}
