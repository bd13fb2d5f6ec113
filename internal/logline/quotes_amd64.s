#include "textflag.h"

// func markQuotesAVX2(words *[maxQuoteWords + 1]uint64, line []byte) (odd bool)
TEXT ·markQuotesAVX2(SB), NOSPLIT, $0-33
	MOVQ words+0(FP), DI
	MOVQ line_base+8(FP), SI
	MOVQ line_len+16(FP), CX     // what is left
	XORL R11, R11                // by how many bits the block's marks are too high
	MOVQ $0x2222222222222222, AX // '"'
	VMOVQ AX, X0
	VPBROADCASTQ X0, Y0
	MOVQ $0x5c5c5c5c5c5c5c5c, AX // '\\'
	VMOVQ AX, X1
	VPBROADCASTQ X1, Y1
	MOVQ $0x1f1f1f1f1f1f1f1f, AX // the last control character
	VMOVQ AX, X2
	VPBROADCASTQ X2, Y2
	VPXOR Y7, Y7, Y7             // not 0 where a byte was odd

block:
	VMOVDQU (SI), Y3
	VMOVDQU 32(SI), Y4
	VPCMPEQB Y3, Y0, Y5
	VPCMPEQB Y4, Y0, Y6
	VPMOVMSKB Y5, AX
	VPMOVMSKB Y6, BX
	SHLQ $32, BX
	ORQ BX, AX
	SHRXQ R11, AX, AX
	MOVQ AX, (DI)
	VPCMPEQB Y3, Y1, Y5
	VPCMPEQB Y4, Y1, Y6
	VPOR Y5, Y7, Y7
	VPOR Y6, Y7, Y7
	VPMINUB Y3, Y2, Y5
	VPMINUB Y4, Y2, Y6
	VPCMPEQB Y3, Y5, Y5
	VPCMPEQB Y4, Y6, Y6
	VPOR Y5, Y7, Y7
	VPOR Y6, Y7, Y7
	ADDQ $8, DI
	ADDQ $64, SI
	SUBQ $64, CX
	JLE done
	CMPQ CX, $64
	JGE block

	// The last block is read together with what stands before it.
	MOVL $64, R11
	SUBQ CX, R11
	SUBQ R11, SI
	JMP block

done:
	MOVQ $0, (DI)
	VPTEST Y7, Y7
	SETNE odd+32(FP)
	VZEROUPPER
	RET
