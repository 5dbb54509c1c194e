package main

import (
	"fmt"
	"io"
	"math/big"
	"strings"
)

// vector is one line of quantities.jsonl: a request and its answer.
type vector struct {
	Tag string `json:"tag"`
	Request
	*Answer
	*PairAnswer
}

// chosen collects the vectors. A text or pair that is added twice keeps its first tag.
type chosen struct {
	vectors []vector
	known   map[string]bool
}

func (c *chosen) add(tag string, texts ...string) {
	for _, text := range texts {
		if !c.known[text] {
			c.known[text] = true
			reply := answer(text)
			c.vectors = append(c.vectors, vector{Tag: tag, Request: Request{Text: &text}, Answer: &reply})
		}
	}
}

func (c *chosen) pair(tag, left, right string, factor int64) {
	if key := fmt.Sprintf("%s|%s|%d", left, right, factor); !c.known[key] {
		c.known[key] = true
		reply := answerPair(left, right, factor)
		request := Request{Left: &left, Right: &right, Factor: &factor}
		c.vectors = append(c.vectors, vector{Tag: tag, Request: request, PairAnswer: &reply})
	}
}

// times returns every concatenation of an element of first and one of second.
func times(first, second []string) []string {
	var all []string
	for _, one := range first {
		for _, other := range second {
			all = append(all, one+other)
		}
	}
	return all
}

func words(text string) []string { return strings.Split(text, " ") }

// near returns the whole number before number, number, and the one after it.
func near(number string) []string {
	middle, ok := new(big.Int).SetString(number, 10)
	if !ok {
		panic(number)
	}
	one := big.NewInt(1)
	return []string{new(big.Int).Sub(middle, one).String(), number, new(big.Int).Add(middle, one).String()}
}

// fraction returns numerator/2^power as a decimal.
func fraction(numerator int64, power uint) string {
	return new(big.Rat).SetFrac(big.NewInt(numerator), new(big.Int).Lsh(big.NewInt(1), power)).FloatString(int(power))
}

func zeros(count int) string { return strings.Repeat("0", count) }

func nines(count int) string { return strings.Repeat("9", count) }

var (
	decimalSuffixes = []string{"n", "u", "m", "", "k", "M", "G", "T", "P", "E"}
	binarySuffixes  = words("Ki Mi Gi Ti Pi Ei")
	suffixes        = append(append([]string{}, decimalSuffixes...), binarySuffixes...)
	exponents       = words("e0 E0 e3 E3 e+3 E-3 e1 e2 e-1 e-9 e-10 e18 e21")
	endings         = append(append([]string{}, suffixes...), exponents...)
)

func chooseAll() []vector {
	c := &chosen{known: map[string]bool{}}

	c.add("common", words("0 1 2 4 8 16 100 500m 100m 250m 1500m 1000m 0.1 0.5 1.5 2.5 0.25 0.001 64Mi 100Mi 128Mi 200Mi "+
		"256Mi 512Mi 1Gi 2Gi 1.5Gi 0.5Gi 4Gi 16Gi 64Gi 1Ti 1024Ki 1024Mi 1024Gi 1M 100M 1G 10G 1T 500k 1000k 1e3 1E3 1e6 12e6")...)

	// Every way to write a number, with every suffix.
	numbers := words("1 01 +1 -1 1. .1 1.0 1.5 -1.5 +.5 -.5 0 00 -0 +0 0.0 0. .0 00.00 007 10 100 1000 1024 1536 999 1001 123456789 0.125 12.5")
	c.add("number-suffix", times(numbers, endings)...)

	// No digits at all: 0, or rejected, depending on the suffix.
	c.add("no-digits", times(words(" + - . +. -."), append(words("e3 E3 e0 e-8 e-9 e-10 E-10 e18 e999 e-999"), suffixes...))...)

	// Every suffix of one or two letters, and some longer ones.
	letters := strings.Split("eEinumkKMGTP", "")
	c.add("letters", times([]string{"1"}, letters)...)
	c.add("letters", times([]string{"1"}, times(letters, letters))...)
	c.add("letters", times([]string{"1"}, words("Kii iK KMi ee3 eE3 Ee3 e3e3 mi3 k3 m-3 Ki3 Ki+ Ki- i3 -3 +3 +Ki 3 KiB Mb MB GB g t p b B K ki mi KI cores % ms"))...)

	c.add("exponent", times(words("1 1.5 0 0.0 15 1234567 -1 .001 1000"),
		words("e e+ e- E+ E- e00 e-00 e000003 e+0003 E-00003 e003 e3. e3.0 e+-3 e++3 e3m e3Ki e3e e0x3 e١"))...)
	for power := 0; power <= 30; power++ {
		c.add("exponent", times(words("1 12345 0.12345 -9"), []string{fmt.Sprintf("e%d", power), fmt.Sprintf("E-%d", power)})...)
	}
	c.add("exponent", times(words("1 -1 9 123456789 1000 0.001 0"),
		words("e99 e100 e101 e998 e999 E+999 e0999 e-99 e-100 e-998 e-999 E-0999"))...)

	c.add("range", times(words("1 0 -1 +1.5 .5 5. 0.0"), words("e1000 E1000 e-1000 e+1000 e01000 e-50000000 e9999999999 e9223372036854775807 e9223372036854775808 e99999999999999999999999"))...)
	c.add("range", words("e1000 .e1000 -e-1000 +.E+1000")...)
	c.add("range", "1e"+zeros(40)+"999", "1e"+zeros(40)+"1000", "1e-"+zeros(200)+"3", "1e"+nines(60))
	// These look like a long exponent and are not: the reason stays Go's.
	c.add("range-not", words("1e1000m 1e1000Ki 1ee1000 1e1000. 1e1000e1 1e+-1000 1k1000 1m1000 x1e1000 1e1000x 1..e1000 1.2.3e1000")...)
	c.add("range-not", "1e1000 ", " 1e1000", "1e1000\n", "1e١٠٠٠", "1 e1000")

	// Around the largest number of digits that fit Go's fast representation.
	for _, length := range []int{2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 19, 20} {
		ones := strings.Repeat("1", length)
		c.add("length", times([]string{nines(length), ones[1:] + ".5", "." + ones, "000" + ones}, words(" n u m k G E Ki Mi Gi Ti Pi e1 e-1 e-9"))...)
	}

	// Rounding to a billionth, away from zero.
	for places := 8; places <= 11; places++ {
		c.add("rounding", times(times([]string{"", "-"}, []string{
			"0." + zeros(places-1) + "1", "0." + nines(places), "1." + zeros(places-1) + "1", "1." + nines(places),
			"999." + nines(places), "0." + strings.Repeat("5", places), "1." + zeros(places)}), words(" n u m k Ki Mi Ei e-3 e3"))...)
	}
	c.add("rounding", times(words("1 9 10 11 100 101 999 1001 -1 -11"), words("e-8 e-9 e-10 e-11 e-12 e-13 e-18 e-999"))...)
	c.add("rounding", times(words("1 1.1 0.1 0.01 0.001 0.0001 -0.1 999999999.9999999999"), words("n u m"))...)
	// RoundUp(Milli).
	c.add("rounding-milli", times([]string{"", "-"}, words("1n 1u 1m 999u 1001u 1000u 1.0001 1.001 0.9999 0.0001 123.4567 1.0005Ki 0.00001Ki 1e-4 1e-3 999999u 1e-999"))...)

	// BinarySI below 1 becomes DecimalSI. Below 1024, or with a fraction, it prints as DecimalSI.
	for _, power := range []uint{10, 20, 30, 40, 50, 60} {
		suffix := binarySuffixes[power/10-1]
		for _, numerator := range []int64{1, 2, 3, 511, 512, 1000, 1023, 1024, 1025, 1536, 2048, -1, -1023, -1024} {
			c.add("binary-small", fraction(numerator, power)+suffix)
		}
		// A whole number of billionths, and a little more and a little less than that.
		last := new(big.Rat).SetFrac(big.NewInt(1234567890123456789), new(big.Int).Mul(new(big.Int).Lsh(big.NewInt(1), power), big.NewInt(1e9)))
		exactly := last.FloatString(int(power) + 9)
		c.add("binary-rounding", times(words(exactly+" -"+exactly), []string{suffix, "1" + suffix, zeros(5) + suffix, zeros(12) + "1" + suffix, zeros(80) + "1" + suffix})...)
		lessThan := new(big.Rat).Sub(last, new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(75), nil))).FloatString(75)
		c.add("binary-rounding", lessThan+suffix)
	}
	c.add("binary-canonical", times(words("1 2 3 8 9 512 1000 1023 1024 1025 2048 4096 1048576 1047552 1000000 -1 -1024 -1536"), binarySuffixes)...)
	c.add("binary-canonical", times(words("0.5 1.5 2.25 31.25 0.3 1.1 1000.5 -31.25 1.0009765625 0.001 100.125"), binarySuffixes)...)

	// The cap and beyond.
	for i, power := range []uint{10, 20, 30, 40, 50, 60} {
		bound := new(big.Int).Rsh(big.NewInt(1<<63-1), power).String()
		c.add("cap", times(times([]string{"", "-"}, append(near(bound), near(bound)[2]+".5")), []string{binarySuffixes[i]})...)
		exactly := new(big.Rat).SetFrac(big.NewInt(1<<63-1), new(big.Int).Lsh(big.NewInt(1), power)).FloatString(int(power))
		c.add("cap", times(times(words(exactly+" -"+exactly), []string{"", "1", "001", zeros(30) + "1"}), []string{binarySuffixes[i]})...)
	}
	c.add("cap", "8Ei", "-8Ei", "8E", "9E", "10E", "16Ei", "1000Ei", "999999999999999999999999Ki", nines(700)+"Ki")
	for _, number := range []string{"9223372036854775807", "9223372036854775808", "1000000000000000000", "18446744073709551616", "2147483648", "4294967296"} {
		for _, one := range near(number) {
			c.add("int64", times([]string{one, "-" + one, one + ".5", one[:len(one)-3] + "." + one[len(one)-3:]}, words(" n m k Ki e0 e3 e-3"))...)
		}
	}

	// Factors of ten: removed, then put back until the exponent is a multiple of three.
	for count := 0; count <= 24; count++ {
		c.add("decimal-canonical", times(words("1 -12 1001 15"), times([]string{zeros(count)}, words(" m e0 e-4")))...)
	}
	c.add("dropped-suffix", times(words("1 10 100 999 1000 1001 10000 100000 1000000 123000 -1000 1000000000000000000000"), words("P E e0"))...)
	c.add("size", words("-0.0005Ki -0.5m -9Ei -10000Ei -1.5Ei -0.1u -999u -1.00001 -1e-10 0.000976562499999Ki -0.000976562499999Ki 0.00097656249999Ki")...)
	c.add("dropped-suffix", "1"+zeros(21), "1"+zeros(30), "-5"+zeros(40), "12"+zeros(600), nines(400)+zeros(400))
	c.add("second-pass", times(words("31.25 1000 125 15.625 2000 0.9765625 1.953125 1000000 976.5625"), words("Ki Mi Gi"))...)
	c.add("kept-text", words("+1 001 5. 1E3 1.500 1000m 1.0 1.10 0.10 10 1000 1000000 1024Ki 8Ki 16Gi 9Ki 001Ki +3Mi 3.Mi 1e0 1e00 010m")...)

	// Texts of 256 characters and more, and values whose canonical string is longer than their text.
	for _, length := range []int{255, 256, 257} {
		pad := func(before, after string) string { return before + nines(length-len(before)-len(after)) + after }
		c.add("longest", pad("", ""), pad("-", ""), pad("+", ""), pad("0", ""), pad(".", ""), pad("0.", ""), pad("1.", "Ki"),
			pad("", "n"), pad("-", "m"), pad("", "k"), pad("", "E"), pad("", "Ki"), pad("", "Ei"), pad("", "e9"), pad("", "e-9"),
			pad("", "e999"), pad("", "e-999"), pad("", ".9"), pad("", ".999"), pad("", "."+nines(9)), pad("", "."+nines(10)),
			pad("-", ".5"), pad("", ".5k"), pad("", ".5G"), pad("", ".5Ki"), pad("", "x"), pad("", "Kb"), pad(" ", ""), pad("1e", ""))
		c.add("longest", zeros(length), zeros(length-1)+"1", "1"+zeros(length-1), "1"+zeros(length-5)+"e-99", "0."+zeros(length-3)+"1",
			strings.Repeat("x", length), strings.Repeat(" ", length), strings.Repeat("١", length), strings.Repeat("1", length-1)+"é",
			"1e"+zeros(length-3)+"3", "1e"+zeros(length-6)+"1000")
	}
	c.add("longest", times(words("10 100 1000 12000 -1000 0.001 0.00001"), words("e997 e998 e999"))...)

	// Far longer ones: all of them are rejected by their length.
	c.add("long", strings.Repeat("1234567890", 50), strings.Repeat("1234567890", 70)+".5", "0."+zeros(700)+"1", zeros(5000)+"1", "1"+zeros(5000)+"e-999",
		nines(640), nines(641)+"."+nines(9), nines(641)+"."+nines(10), "-"+nines(700)+"m", strings.Repeat("1", 600)+"e999", nines(1000)+"e-999", "1."+zeros(3000)+"1Ki")
	c.add("long", times([]string{"-", ""}, []string{nines(590) + "." + nines(30), nines(591) + "." + nines(9), nines(592) + ".1", "1" + zeros(591), "1" + zeros(590), nines(600) + "n", nines(601) + "n"})...)

	c.add("malformed", words("1..5 1.5.5 .. ... 1.. --1 ++1 +-1 -+1 1- 1+ 1-1 1+1 1_000 1,5 1,000 0x10 0X1F 0b1 0o7 1/2 1:2 1;2 NaN nan inf Inf -inf Infinity None null true abc x i e E K Kb i5 1.5.Ki .5.Ki 1.k5 1%")...)
	c.add("malformed", "", "(1)", "\"1\"", "'1Gi'", "1Gi;", "1Gi,", "500m/s", "1e5.5", "1Ki.", "1Ki5Ki", "1m1m")
	c.add("whitespace", " 1", "1 ", " 1 ", "1\n", "\n1", "1\r\n", "1\t", "\t1", "1 Gi", "1 000", "100 Mi", "500 m", "- 1", " ", "\n", "1\v", "1\f", "1\x00", "\x00", "1\u00a0", "\u20091", "\ufeff1", "1\u200b")
	c.add("unicode", "１", "１２Gi", "1Ｇi", "٣", "1٣", "१", "𝟗", "1\u00b5", "1μ", "\u22121", "1．5", "½", "1½", "²", "1²", "Ⅷ", "1Кi", "1Gі", "é", "1\U0001f600", "1\u0301")

	// Pairs: compare, add, subtract, and multiply the left one.
	operands := words("0 0Ki 0e3 1 -1 1000m 1m 1n 0.1 1k 1Ki -1Ki 1e3 1536Mi 1.5Gi 1000E 1Ei 8Ei -8Ei 9223372036854775807 9223372036854775808 999999999999999999 0.5Ki 31.25Ki 1023500m 1e999 1e-9 512Ki")
	for i, left := range operands {
		for j, right := range operands {
			c.pair("pair", left, right, []int64{0, 1, -1, 2, 3, 10, 1000, 1024, -1024, 1 << 40, 1<<63 - 1, -7}[(i*5+j)%12])
		}
	}
	c.pair("pair-refused", "1", "1x", 1)
	c.pair("pair-refused", "", "1", 1)
	c.pair("pair-refused", "1e1000", "1", 1)
	c.pair("pair-refused", "1000e999", "1", 1)
	c.pair("pair-refused", "1", nines(257), 1)
	// Results at the limits, and beyond them.
	c.pair("pair-longest", nines(256), "0", 1)
	c.pair("pair-longest", nines(256), "1", -1)
	c.pair("pair-longest", "-"+nines(255), "1", 10)
	c.pair("pair-longest", nines(255), "1m", 1)
	c.pair("pair-longest", nines(252), "1m", 1000)
	c.pair("pair-longest", nines(254)+"m", "-"+nines(254)+"m", 1000)
	c.pair("pair-longest", nines(250)+"E", "1n", 9)
	c.pair("pair-longest", nines(256), "1e3", 10)
	c.pair("pair-longest", "1e999", "1e744", 10)
	c.pair("pair-longest", "1e999", "1e743", 100)
	c.pair("pair-longest", "999e999", "1e999", 1000)
	c.pair("pair-longest", "999e999", "-1e999", 1)
	return c.vectors
}

func writeVectors(writer io.Writer) error {
	encode := encoder(writer)
	for _, one := range chooseAll() {
		if err := encode.Encode(one); err != nil {
			return err
		}
	}
	return nil
}
