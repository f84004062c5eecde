package yimatong

import (
	"maps"

	"github.com/zwfw-go/zwfw"
)

const ecPlatform = "yimatong"

// ecRefuse makes a refusal. What leaves the package goes through ecVoice.finish first.
func ecRefuse(kind zwfw.Kind, field, expected string) *zwfw.Error {
	e := zwfw.Problem(ecPlatform, "", field, expected)
	e.Kind = kind
	return e
}

func ecBecause(kind zwfw.Kind, field, expected string, cause error) *zwfw.Error {
	e := ecRefuse(kind, field, expected)
	e.Err = cause
	return e
}

// ecVoice completes the errors of one operation with its name and its advice.
type ecVoice struct {
	op   string
	book zwfw.AdviceBook
}

func newECVoice(op string, book zwfw.AdviceBook) ecVoice {
	mine := maps.Clone(ecAdvice)
	maps.Copy(mine, book) // the program's own texts win
	return ecVoice{op, mine}
}

func (v ecVoice) finish(e *zwfw.Error) *zwfw.Error {
	e.Op = v.op
	return e.WithTexts(v.book, zwfw.CodeName{ZH: "应急码", EN: "emergency code"})
}

// ecAdvice is laid under the program's table. The line may be down: nobody is sent away
// for something that needs it.
var ecAdvice = zwfw.AdviceBook{
	"yimatong.EmergencyVerify/EmergencyInvalid": {
		Citizen: zwfw.Text{ZH: "应急码不可用，请出示一码通或身份证", EN: "Not accepted; show your normal code or ID card"},
		Staff:   zwfw.Text{ZH: "应急码无效，或本机此时不接受应急码（平台正常、密钥过旧或无法记录）。请用一码通或身份证办理。", EN: "The emergency code is invalid, or this machine takes none now (platform up, keys too old, or no record possible). Use the normal code or the ID card."},
	},
	"yimatong.EmergencyVerify/LimitReached": {
		Staff: zwfw.Text{ZH: "本机应急码次数已达上限。请用身份证办理，并在线路恢复后上传记录。", EN: "This machine has reached its limit of emergency codes. Use ID cards, and upload the record when the line is back."},
	},
	"yimatong.EmergencyVerify/CodeUsed": {
		Citizen: zwfw.Text{ZH: "此应急码已用过，请使用身份证", EN: "This emergency code was used; please use your ID card"},
		Staff:   zwfw.Text{ZH: "该应急码已在本机使用过。请先查看是否已办理，再用身份证办理。", EN: "This emergency code was used on this machine before. Check whether the citizen was served, then use the ID card."},
	},
	"yimatong.EmergencyVerify/CodeExpired": {
		Citizen: zwfw.Text{ZH: "应急码已过期，请使用身份证", EN: "Emergency code expired; please use your ID card"},
		Staff:   zwfw.Text{ZH: "应急码已过有效期。请用身份证办理；群众有网络时可在手机上取新码。", EN: "The emergency code is past its time. Use the ID card; a citizen whose phone is on line can fetch a new one."},
	},
	"yimatong.EmergencyVerify/CodeNotYetValid": {
		Citizen: zwfw.Text{ZH: "应急码尚未生效，请使用身份证", EN: "Emergency code not valid yet; please use your ID card"},
		Staff:   zwfw.Text{ZH: "应急码的有效期还没有开始，或本机时间不准。请核对本机时间，先用身份证办理。", EN: "The code's time has not begun, or this machine's clock is wrong. Check the clock and use the ID card meanwhile."},
	},
	"yimatong.EmergencyVerify/CodeMalformed": {
		Citizen: zwfw.Text{ZH: "不是有效的应急码，请使用身份证", EN: "Not an emergency code; please use your ID card"},
		Staff:   zwfw.Text{ZH: "扫到的内容不是应急码。请群众打开手机上的应急码重扫，或使用身份证。", EN: "What was scanned is no emergency code. Have the citizen open it on the phone and scan again, or use the ID card."},
	},
	"yimatong.EmergencyVerify/SceneDenied": {
		Citizen: zwfw.Text{ZH: "此应急码不能在此使用", EN: "This emergency code is not for this place"},
		Staff:   zwfw.Text{ZH: "该应急码没有此场景的权限，不能放行。请使用身份证办理。", EN: "This emergency code is not good for this use. Use the ID card."},
	},
}
