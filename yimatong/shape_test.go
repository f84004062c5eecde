package yimatong_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

// shapes are the ways in which platforms write the same answer.
var shapes = map[string]sandbox.Fault{
	"as the examples print it": sandbox.Pass(),
	"flat":                     sandbox.Flattened(),
	"JSON in a text":           sandbox.JSONInText(),
	"numbers as text":          sandbox.NumbersAsText(),
	"message":                  sandbox.Renamed(map[string]string{"msg": "message"}),
	"right spelling":           sandbox.Renamed(map[string]string{"userNmae": "userName", "concelName": "concealName", "concelCard": "concealCard"}),
	"misprints everywhere":     sandbox.Renamed(map[string]string{"userName": "userNmae", "concealName": "concelName", "concealCard": "concelCard"}),
	"Icon":                     sandbox.Renamed(map[string]string{"icon": "Icon"}),
	"data: prefix, wrapped":    sandbox.DataPrefix(),
	"ciphertext in hex":        sandbox.HexCipher(),
	"GBK":                      sandbox.GBK(),
}

func TestEveryMisprintAndShapeIsReadWithoutAnySetting(t *testing.T) {
	t.Parallel()
	for name, fault := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := start(t)
			p.Faults().Always("*", fault)
			citizen := p.Citizens()[0]
			token := tokenOf(t, p, client, citizen)

			code, err := client.CreateQRCode(t.Context(), token, here)
			require.NoError(t, err)
			require.Equal(t, "*试甲", code.ConcealedName.Reveal())
			require.Equal(t, "9**************"+citizen.IDNumber.Reveal()[17:], code.ConcealedCard.Reveal())
			require.Equal(t, "image/png", code.ImageType)
			require.False(t, code.ServerTime.IsZero())

			channel, err := client.ChannelQRCode(t.Context(), token, here)
			require.NoError(t, err)
			require.Equal(t, citizen.Name.Reveal(), channel.Name.Reveal())
			require.Equal(t, citizen.IDNumber.Reveal(), channel.IDNumber.Reveal())
			require.Equal(t, "*试甲", channel.ConcealedName.Reveal())

			tags, err := client.UserTags(t.Context(), token)
			require.NoError(t, err)
			if name != "flat" { // a list has no flat form
				require.Len(t, tags.Tags, 2)
				require.Equal(t, "退役军人", tags.Tags[0].Text.Reveal())
				require.Equal(t, yimatong.Color(1), tags.Tags[0].Background)
				require.Equal(t, p.URL+"/hz/icons/veteran.png", tags.Tags[0].Icon)
			}

			person, err := decode(t, client, p.MintYimatongCode(citizen))
			require.NoError(t, err)
			require.Equal(t, citizen.Name.Reveal(), person.Name.Reveal())
		})
	}
}

// A set-up of the sandbox answers in the tables' shape from the start.
func TestAPlatformThatFollowsItsTablesIsReadToo(t *testing.T) {
	t.Parallel()
	for _, setup := range []sandbox.YimatongSetup{{Flat: true}, {Corrected: true}, {Flat: true, Corrected: true}} {
		p := sandbox.Start(t, sandbox.WithYimatong(setup))
		client := newClient(t, p.YimatongConfig())
		citizen := p.Citizens()[0]
		channel, err := client.ChannelQRCode(t.Context(), tokenOf(t, p, client, citizen), here)
		require.NoError(t, err)
		require.Equal(t, citizen.Name.Reveal(), channel.Name.Reveal())
		require.Equal(t, "*试甲", channel.ConcealedName.Reveal())
	}
}

func TestOneTagBesideTheCodeIsAListOfOne(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	token := tokenOf(t, p, client, p.Citizens()[0])
	for _, body := range []string{
		`{"code":"PY0000","message":"成功","Icon":"/i.png","no":"4","text":"E类人才","backgroundColor":2,"fontColor":"1"}`,
		`{"code":"PY0000","msg":"成功","response":{"icon":"/i.png","no":4,"text":"E类人才","backgroundColor":"2","fontColor":1}}`,
	} {
		p.Faults().Next("yimatong.UserTags", sandbox.Body(200, body))
		tags, err := client.UserTags(t.Context(), token)
		require.NoError(t, err)
		require.Len(t, tags.Tags, 1)
		require.Equal(t, 4, tags.Tags[0].No)
		require.Equal(t, yimatong.Color(2), tags.Tags[0].Background)
	}
}

func TestAPictureThatCannotBeReadIsSaidSo(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	token := tokenOf(t, p, client, p.Citizens()[0])
	for body, want := range map[string]string{
		`{"code":"PY0000","response":{"qrcodeBase64":"%%%","qrcodeType":"gj"}}`:            "the picture is not Base64",
		`{"code":"PY0000","response":{"qrcodeBase64":"aGVsbG8gaGVsbG8=","qrcodeType":""}}`: "the picture is neither PNG nor JPEG nor GIF",
	} {
		p.Faults().Next("yimatong.CreateQRCode", sandbox.Body(200, body))
		_, err := client.CreateQRCode(t.Context(), token, here)
		require.ErrorIs(t, err, zwfw.ProtocolMismatch)
		require.ErrorContains(t, err, want)
		var e *zwfw.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, zwfw.OutcomeDone, e.Outcome)
	}
	p.Faults().Next("yimatong.CreateQRCode", sandbox.Body(200, `{"code":"PY0000","response":{"qrcodeBase64":"/9j_4AAQSkZJRg","serverTime":"2024-01-0203:04:05"}}`))
	code, err := client.CreateQRCode(t.Context(), token, here)
	require.NoError(t, err)
	require.Equal(t, "image/jpeg", code.ImageType, "URL alphabet, no padding")
	require.Equal(t, "2024-01-01T19:04:05Z", code.ServerTime.UTC().Format("2006-01-02T15:04:05Z07:00"), "no space between date and time")
}

func TestTagsThatAreNotUnderstoodAreSaidSo(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	token := tokenOf(t, p, client, p.Citizens()[0])
	for body, warned := range map[string]bool{
		`{"code":"PY0000","response":[]}`:                                      false,
		`{"code":"PY0000"}`:                                                    true,
		`{"code":"PY0000","data":[{"text":"退役军人"}]}`:                           true,
		`{"code":"PY0000","response":{"list":[{"text":"退役军人"}]}}`:              true,
		`{"code":"PY0000","response":[{"icon":"javascript:alert(1)","no":1}]}`: false,
	} {
		p.Faults().Next("yimatong.UserTags", sandbox.Body(200, body))
		tags, err := client.UserTags(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, warned, len(tags.Warnings) > 0, body)
		for _, tag := range tags.Tags {
			require.Empty(t, tag.Icon, "no address of a picture")
		}
	}
}

func TestALifetimeThatIsNoneIsLeftOutWithAWarning(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for seconds, known := range map[string]bool{"7200": true, "0": false, "-1": false, "1764000000000": false, "9223372036854775807": false} {
		p.Faults().Next("yimatong.Authorize", sandbox.Body(200, `{"code":"PY0000","response":{"accessToken":"t","expiresIn":`+seconds+`}}`))
		grant, err := client.Authorize(t.Context(), zwfw.NewSecret("AUTH"), "APP-01")
		require.NoError(t, err)
		require.Equal(t, known, !grant.Expires.IsZero(), seconds)
		require.Equal(t, len(seconds) > 5, len(grant.Warnings) > 0, seconds)
	}
}
