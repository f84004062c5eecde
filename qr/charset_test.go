package qr_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

func TestDecodeChoosesTheCharacterSetAHallNeeds(t *testing.T) {
	t.Parallel()
	everyByte, asLatin1 := make([]byte, 256), strings.Builder{}
	for i := range everyByte {
		everyByte[i] = byte(i)
		asLatin1.WriteRune(rune(i))
	}
	tests := []struct {
		file, text string
		bytes      []byte
	}{
		{"gbk", "政务服务大厅取号 A012", []byte("\xd5\xfe\xce\xf1\xb7\xfe\xce\xf1\xb4\xf3\xcc\xfc\xc8\xa1\xba\xc5 A012")},
		{"mixed-gbk", "20250107123456办事A-001", []byte("20250107123456\xb0\xec\xca\xc2A-001")},
		{"latin1", "Müller, für Zoë", []byte("M\xfcller, f\xfcr Zo\xeb")},
		{"shift-jis", "モバイル案内", []byte("\x83\x82\x83\x6f\x83\x43\x83\x8b\x88\xc4\x93\xe0")},
		{"eci-utf8", "政务服务 ECI", []byte("政务服务 ECI")},
		{"eci-gb18030", "政务服务 ECI", []byte("\xd5\xfe\xce\xf1\xb7\xfe\xce\xf1 ECI")},
		{"binary", asLatin1.String(), everyByte},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile("testdata/" + tt.file + ".png")
			require.NoError(t, err)
			got, err := qr.Decode(data)
			require.NoError(t, err)
			require.Equal(t, tt.text, got.Text)
			require.Equal(t, tt.bytes, got.Bytes)
		})
	}
}
