package qr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"iter"
	"log"
	"strings"
	"time"

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

func ExampleScanner() {
	scanner, err := qr.NewScanner(qr.WithRepeatWindow(5 * time.Second))
	if err != nil {
		log.Fatal(err)
	}
	for frame := range camera() {
		result, err := scanner.Scan(context.Background(), frame)
		switch {
		case errors.Is(err, qr.ErrNoCode):
			continue // most frames
		case errors.Is(err, qr.ErrRepeated):
			fmt.Println("the same code, still in view")
		case errors.Is(err, qr.ErrSeveralCodes):
			fmt.Println("one code at a time, please")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(qr.Normalize(result.Text))
		}
	}
	// Output:
	// 281234567890123456
	// the same code, still in view
}

// camera shows nothing, then a phone, then the phone again.
func camera() iter.Seq[qr.Plane] {
	picture, err := qr.Encode("281234567890123456")
	if err != nil {
		log.Fatal(err)
	}
	code, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		log.Fatal(err)
	}
	const width, height = 640, 480
	return func(yield func(qr.Plane) bool) {
		for frame := range 3 {
			// What a driver delivers: grey values first, then colours.
			nv12 := bytes.Repeat([]byte{200}, width*height*3/2)
			if frame > 0 {
				grey := &image.Gray{Pix: nv12[:width*height], Stride: width, Rect: image.Rect(0, 0, width, height)}
				draw.Draw(grey, code.Bounds().Add(image.Pt(150, 100)), code, image.Point{}, draw.Src)
			}
			plane, err := qr.NV12(nv12, width, height, width)
			if err != nil || !yield(plane) {
				return
			}
		}
	}
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
