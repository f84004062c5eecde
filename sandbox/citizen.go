package sandbox

import (
	"fmt"
	"math/rand/v2"

	"github.com/zwfw-go/zwfw"
)

// Citizen is a synthetic person: region 999999 is assigned to nobody.
type Citizen struct {
	UserID   string
	Name     zwfw.PersonName
	IDNumber zwfw.IDNumber
	Phone    zwfw.Phone

	// Company is what the citizen signs in for as an agent; "" for none.
	Company    string
	CreditCode string

	// RealName is false for one who was never verified, Consent for one who has not
	// authorised the use of personal data.
	RealName bool
	Consent  bool
}

// stems make names that nobody bears.
var stems = []rune("甲乙丙丁戊己庚辛壬癸")

func seedCitizens(r *rand.Rand, n int) []Citizen {
	citizens := make([]Citizen, n)
	for i := range citizens {
		birth := fmt.Sprintf("%04d%02d%02d", 1950+r.IntN(50), 1+r.IntN(12), 1+r.IntN(28))
		citizens[i] = Citizen{
			UserID:   fmt.Sprintf("u-%d", i+1),
			Name:     zwfw.NewPersonName("测试" + string(stems[i%len(stems)])),
			IDNumber: zwfw.NewIDNumber(withCheckDigit(fmt.Sprintf("999999%s%03d", birth, i+1))),
			Phone:    zwfw.NewPhone(fmt.Sprintf("1000000%04d", i+1)),
			RealName: true,
			Consent:  true,
		}
	}
	citizens[1].Company, citizens[1].CreditCode = "测试有限公司", "91999999000000001X"
	// The last two are the ones that halls meet and testers forget.
	citizens[n-2].Consent = false
	citizens[n-1].RealName = false
	return citizens
}

// withCheckDigit completes a citizen's number (GB 11643).
func withCheckDigit(first17 string) string {
	weights := [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(first17[i]-'0') * w
	}
	return first17 + string("10X98765432"[sum%11])
}
