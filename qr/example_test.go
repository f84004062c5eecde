package qr_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/zwfw-go/zwfw/qr"
)

func Example() {
	picture, err := qr.Encode("https://example.cn/办事?id=1")
	if err != nil {
		log.Fatal(err)
	}
	result, err := qr.Decode(picture)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(qr.Normalize(result.Text))
	// Output: https://example.cn/办事?id=1
}

func ExampleReadScans() {
	port := strings.NewReader("]Q1281234567890123456\r\n\r\nABC==\t")
	for text, err := range qr.ReadScans(port) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(text)
	}
	// Output:
	// 281234567890123456
	// ABC==
}
