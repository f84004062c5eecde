package qr

// The field of 256 elements in which QR codes correct errors: ISO/IEC 18004,
// annex A. powers holds the powers of its generator twice over, so that a sum
// of two logarithms needs no remainder.
var powers, logs = func() (powers [510]byte, logs [256]int) {
	x := 1
	for i := range 255 {
		powers[i], powers[i+255], logs[x] = byte(x), byte(x), i
		if x <<= 1; x > 255 {
			x ^= 0x11d
		}
	}
	return powers, logs
}()

func multiply(a, b byte) byte {
	if a == 0 || b == 0 {
		return 0
	}
	return powers[logs[a]+logs[b]]
}

// divisor is the polynomial whose remainder corrects n bytes, without its first
// coefficient, which is 1.
func divisor(n int) []byte {
	d := make([]byte, n)
	d[n-1] = 1
	root := byte(1)
	for range n {
		for i := range d {
			d[i] = multiply(d[i], root)
			if i+1 < n {
				d[i] ^= d[i+1]
			}
		}
		root = multiply(root, 2)
	}
	return d
}

func remainder(data, divisor []byte) []byte {
	r := make([]byte, len(divisor))
	for _, b := range data {
		factor := b ^ r[0]
		copy(r, r[1:])
		r[len(r)-1] = 0
		for i, d := range divisor {
			r[i] ^= multiply(d, factor)
		}
	}
	return r
}

// protect parts the data into blocks, adds what corrects each, and weaves them
// together: ISO/IEC 18004, 7.6.
func protect(data []byte, version int, level Level) []byte {
	table := tableOf(version).GetECBlocksForLevel(levelOf(level))
	d := divisor(table.GetECCodewordsPerBlock())
	var blocks, corrections [][]byte
	longest := 0
	for _, group := range table.GetECBlocks() {
		for range group.GetCount() {
			block := data[:group.GetDataCodewords()]
			data = data[len(block):]
			blocks, corrections = append(blocks, block), append(corrections, remainder(block, d))
			longest = max(longest, len(block))
		}
	}
	var out []byte
	for i := range longest {
		for _, b := range blocks {
			if i < len(b) {
				out = append(out, b[i])
			}
		}
	}
	for i := range d {
		for _, c := range corrections {
			out = append(out, c[i])
		}
	}
	return out
}
