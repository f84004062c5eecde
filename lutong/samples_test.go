package lutong_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// samples are exchanges made by an implementation of the contract that shares nothing
// with this one.
type samples struct {
	Config struct {
		BaseURL       string `json:"base_url"`
		Organisations []struct{ PinID, Token, OrgID string }
		Own           struct {
			PrivateHex string `json:"private_hex"`
		} `json:"own_private_key"`
		Platform struct {
			PublicHex string `json:"public_hex"`
		} `json:"platform_public_key"`
	}
	Exchanges map[string]map[string]sample
}

type sample struct {
	Path      string
	Headers   map[string]string
	BodyBytes string `json:"body_bytes"`
	Code      string
	Reply     json.RawMessage
}

func (s sample) header(name string) string {
	for n, v := range s.Headers {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return ""
}

func (s sample) at(t *testing.T) time.Time {
	ms, err := strconv.ParseInt(s.header("x-sop-timestamp"), 10, 64)
	require.NoError(t, err)
	return time.UnixMilli(ms)
}

func loadSamples(t *testing.T) samples {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var s samples
	require.NoError(t, json.Unmarshal(data, &s))
	require.Len(t, s.Exchanges, 3)
	return s
}

func (s samples) config(t *testing.T, base string) lutong.Config {
	t.Helper()
	own, err := crypto.LoadPrivateKey([]byte(s.Config.Own.PrivateHex))
	require.NoError(t, err)
	platform, err := crypto.LoadPublicKey([]byte(s.Config.Platform.PublicHex))
	require.NoError(t, err)
	org := s.Config.Organisations[0]
	return lutong.Config{
		BaseURL: base + "/sd/seg001", AccessID: org.PinID, AccessToken: zwfw.NewSecret(org.Token), OrgID: org.OrgID,
		PrivateKey: own, PlatformKey: platform,
	}
}

// nonceThenRandom gives the sample's nonce first, as its sixteen bytes.
func nonceThenRandom(t *testing.T, uuid string) io.Reader {
	raw, err := hex.DecodeString(strings.ReplaceAll(uuid, "-", ""))
	require.NoError(t, err)
	return io.MultiReader(bytes.NewReader(raw), rand.Reader)
}

// callLike makes the call that a sample shows.
func callLike(t *testing.T, c *lutong.Client, op, body string) (*lutong.User, error) {
	t.Helper()
	var in struct {
		CodeContent, Scene, AuthCode, BizSerNo, MsgToken string
		NumExtInfo                                       struct {
			ServiceHallName, AcceptUnit, ItemName, ProcessArea, QueueNo, PersonName string
			QueueTime                                                               int64
			WaitCount                                                               int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &in))
	switch op {
	case "lutong.decode":
		return c.VerifyCode(t.Context(), lutong.VerifyRequest{Code: zwfw.NewCodeText(in.CodeContent), Scene: lutong.Scene(in.Scene)})
	case "lutong.getUserInfo":
		return c.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: zwfw.NewSecret(in.AuthCode)})
	}
	i := in.NumExtInfo
	return nil, c.ReportTicket(t.Context(), lutong.Ticket{
		Number: in.BizSerNo, Holder: zwfw.NewIDNumber("999999190001010015"), HolderName: zwfw.NewPersonName(i.PersonName),
		Hall: i.ServiceHallName, Unit: i.AcceptUnit, Item: i.ItemName, Area: i.ProcessArea, Windows: []string{"3", "4"},
		QueueNo: i.QueueNo, QueueTime: time.UnixMilli(i.QueueTime), Waiting: i.WaitCount, MessageToken: zwfw.NewSecret(in.MsgToken),
	})
}

// sealed are the clear values that the samples' maker sealed.
var sealed = map[string][3]string{
	"lutong.decode":      {"欧阳测𠮷", "99999919911111019X", "10000000004"},
	"lutong.getUserInfo": {"试乙", "999999198001010038", "10000000001"},
}

var sampleKinds = map[string]zwfw.Kind{"CODE_USED": zwfw.CodeUsed, "DECRYPT_FAILED": zwfw.DecryptFailed}

func TestClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for op, exchanges := range s.Exchanges {
		for name, x := range exchanges {
			t.Run(op+" "+name, func(t *testing.T) {
				t.Parallel()
				var got *http.Request
				var body []byte
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					got = r
					body, _ = io.ReadAll(r.Body)
					_, _ = w.Write(x.Reply)
				}))
				defer server.Close()
				client := newClient(t, s.config(t, server.URL), zwfw.WithClock(stoppedClock{x.at(t)}), zwfw.WithRandom(nonceThenRandom(t, x.header("x-sop-nonce"))))

				user, err := callLike(t, client, op, x.BodyBytes)

				require.Equal(t, x.Path, got.URL.Path)
				for _, h := range []string{"x-sop-pinId", "x-sop-timestamp", "x-sop-nonce", "x-sop-signature", "Content-Type"} {
					require.Equal(t, x.header(h), got.Header.Get(h), h)
				}
				requireSameBody(t, x.BodyBytes, body)
				if x.Code != "OK" {
					require.ErrorIs(t, err, sampleKinds[x.Code])
					require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
					return
				}
				require.NoError(t, err)
				if user != nil {
					require.Equal(t, sealed[op], [3]string{user.Name.Reveal(), user.IDNumber.Reveal(), user.Phone.Reveal()})
					require.Equal(t, "1", user.IDType)
					require.Len(t, user.MessageToken.Reveal(), 32)
					require.WithinDuration(t, x.at(t).Add(7200*time.Second), user.MessageTokenExpires, 2*time.Second)
					require.Empty(t, user.Warnings)
				}
			})
		}
	}
}

// requireSameBody compares names, values and types; SM2 is random, so of a sealed
// value only its form can be equal.
func requireSameBody(t *testing.T, want string, got []byte) {
	t.Helper()
	var w, g map[string]any
	require.NoError(t, json.Unmarshal([]byte(want), &w))
	require.NoError(t, json.Unmarshal(got, &g))
	if sealed, ok := w["certNoCyp"].(string); ok {
		require.Regexp(t, "^04[0-9A-F]+$", g["certNoCyp"])
		require.Len(t, g["certNoCyp"], len(sealed))
		w["certNoCyp"], g["certNoCyp"] = nil, nil
	}
	require.Equal(t, w, g)
}

// sampleSandbox is set up as the samples' platform was, at the moment of a sample.
func sampleSandbox(t *testing.T, s samples, at time.Time) *sandbox.Platform {
	t.Helper()
	var organisations []sandbox.LutongOrganisation
	c := s.config(t, "")
	for _, o := range s.Config.Organisations {
		organisations = append(organisations, sandbox.LutongOrganisation{AccessID: o.PinID, AccessToken: zwfw.NewSecret(o.Token), OrgID: o.OrgID, Key: c.PrivateKey})
	}
	return sandbox.Start(t, sandbox.WithStart(at), sandbox.WithLutong(sandbox.LutongSetup{Organisations: organisations}))
}

func TestSandboxAcceptsAndRefusesTheSamplesAsTheirPlatformDid(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for op, exchanges := range s.Exchanges {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			first, second := exchanges["accepted"], exchanges["refused"]
			p := sampleSandbox(t, s, first.at(t))
			holder := p.Citizens()[0]
			var in struct{ CodeContent, AuthCode, MsgToken, CertNoCyp string }
			require.NoError(t, json.Unmarshal([]byte(first.BodyBytes), &in))
			p.PutCode(in.CodeContent, holder)
			p.PutAuthCode(in.AuthCode, holder)
			p.PutMessageToken(in.MsgToken, holder)
			if in.CertNoCyp != "" {
				// The private half of the samples' platform key is not part of them: the
				// number is sealed anew, to this platform. The signature does not cover it.
				first.BodyBytes = strings.Replace(first.BodyBytes, in.CertNoCyp, sealTo(t, p.LutongConfig().PlatformKey, "999999190001010015"), 1)
			}

			require.Equal(t, "", post(t, p, first), "the accepted sample")
			require.Equal(t, second.Code, post(t, p, second), "the refused sample")
			log := p.Requests()
			require.Equal(t, []string{"OK", second.Code}, []string{log[0].Answer, log[1].Answer})
			require.Empty(t, log[0].Explanation)
		})
	}
}

func sealTo(t *testing.T, key *crypto.PublicKey, text string) string {
	t.Helper()
	c, err := crypto.NewCipher("sm2-c1c3c2", crypto.Material{Public: key}, crypto.CipherOptions{})
	require.NoError(t, err)
	sealed, err := c.Seal([]byte(text))
	require.NoError(t, err)
	return crypto.Encoding("HEX").Encode(sealed)
}

// post sends a sample's bytes and gives the code of the answer, "" for success.
func post(t *testing.T, p *sandbox.Platform, x sample) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+x.Path, strings.NewReader(x.BodyBytes))
	require.NoError(t, err)
	for n, v := range x.Headers {
		r.Header.Set(n, v)
	}
	r.Header.Set("Content-Encoding", "UTF-8") // quirk S-6.5: seen in practice, must be accepted
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var reply struct {
		Response struct {
			RequestID string `json:"RequestId"`
			Error     *struct{ Code, Message string }
			Data      map[string]any
		}
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&reply))
	require.Regexp(t, "^[0-9a-f]{16}$", reply.Response.RequestID)
	if reply.Response.Error != nil {
		require.NotEmpty(t, reply.Response.Error.Message)
		require.Nil(t, reply.Response.Data)
		return reply.Response.Error.Code
	}
	requireShape(t, x, reply.Response.Data)
	return ""
}

// requireShape compares names and types of the data with the sample's.
func requireShape(t *testing.T, x sample, got map[string]any) {
	t.Helper()
	var want struct{ Response struct{ Data map[string]any } }
	require.NoError(t, json.Unmarshal(x.Reply, &want))
	require.Len(t, got, len(want.Response.Data))
	for name, value := range want.Response.Data {
		require.Contains(t, got, name)
		require.IsType(t, value, got[name], name)
		if strings.HasSuffix(name, "Cyp") {
			require.Regexp(t, "^04[0-9A-F]+$", got[name])
		}
	}
}
