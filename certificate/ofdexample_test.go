package certificate_test

import (
	"fmt"
	"os"

	"github.com/zwfw-go/zwfw/certificate"
)

func ExampleInspectOFD() {
	file, err := os.Open("testdata/ofd/sm3-gbt38540.ofd")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	info, err := certificate.InspectOFD(file, stat.Size())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range info.Signatures() {
		fmt.Println(s.Type, s.SealName.Reveal(), s.AlgorithmName(), s.DigestName(), len(s.Files), "files", s.Time.UTC())
	}
	fmt.Println("digests match:", info.DigestsMatch())
	for _, fact := range info.NotChecked() {
		fmt.Println("not checked:", fact)
	}
	// Output:
	// Seal 测试电子证照专用章 SM2-SM3 SM3 4 files 2024-01-01 04:05:06 +0000 UTC
	// digests match: true
	// not checked: 签名证书的信任链、有效期、吊销状态和持有人未验证 / chain, validity, revocation and owner of the signer's certificate
	// not checked: 电子印章的有效性未验证 / validity of the seal
	// not checked: 签名时间以文件所述为准，时间戳未验证 / the time is the one that the file states; no time stamp was checked
}
