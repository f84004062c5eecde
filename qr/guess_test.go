package qr

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/makiuchi-d/gozxing/common"
)

func TestGuess(t *testing.T) {
	t.Parallel()
	utf8, gbk := common.CharacterSetECI_UTF8, common.CharacterSetECI_GB18030
	latin1, japanese := common.CharacterSetECI_ISO8859_1, common.CharacterSetECI_SJIS
	for _, tt := range []struct {
		name string
		set  *common.CharacterSetECI
		text string
		want *common.CharacterSetECI
	}{
		{"ASCII", utf8, "a+b/c==", utf8},
		{"Chinese in UTF-8", utf8, "政务服务", utf8},
		{"Chinese in GBK", gbk, "政务服务", gbk},
		{"a name", gbk, "张三", gbk},
		{"one character", gbk, "办", gbk},
		{"a name with a character outside GB 2312", gbk, "王喆镕", gbk},
		{"traditional Chinese in GBK", gbk, "臺灣居民", gbk},
		{"Chinese between ASCII", gbk, "A012 号,政务大厅;x", gbk},
		{"German", latin1, "für Müller", latin1},
		{"French", latin1, "café à l'État", latin1},
		{"full-width Japanese", japanese, "モバイル案内", japanese},
		{"half-width Japanese", japanese, "ﾃﾞｻﾞｲﾝ", japanese},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			content, err := tt.set.GetCharset().NewEncoder().Bytes([]byte(tt.text))
			require.NoError(t, err)
			require.Equal(t, tt.want.Name(), guess(content).Name())
		})
	}
	require.Equal(t, latin1.Name(), guess([]byte("\x00\x01\xd5\xfe\x02\x80")).Name(), "binary content keeps its bytes")
}
