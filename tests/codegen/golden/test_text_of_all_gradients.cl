__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_exp_4x100x70_f32(__global float* restrict out0, __global float* restrict out1, __global float* restrict out2, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2, __global const float* restrict in3, __global const float* restrict in4, __global const float* restrict in5, __global const float* restrict in6) {
  __local float rows0[648] __attribute__((aligned(64)));
  __local float columns0[768] __attribute__((aligned(64)));
  __local float rows1[648] __attribute__((aligned(64)));
  __local float columns1[768] __attribute__((aligned(64)));
  __local float panel0[864] __attribute__((aligned(64)));
  __local float sums0[1024] __attribute__((aligned(64)));
  __local float panel1[864] __attribute__((aligned(64)));
  __local float sums1[1024] __attribute__((aligned(64)));
  __local float panel2[1024] __attribute__((aligned(64)));
  __local float sums2[96] __attribute__((aligned(64)));
  __local float tile0[3456] __attribute__((aligned(64)));
  __local float tile1[3456] __attribute__((aligned(64)));
  const int z = get_global_id(0);
  for (int q = 0; q < 864; q += 16) {
    const float16 zero1 = (float16)(0.0f);
    vstore16(zero1, 0, panel0 + q);
  }
  for (int q = 0; q < 864; q += 16) {
    const float16 zero2 = (float16)(0.0f);
    vstore16(zero2, 0, panel1 + q);
  }
  for (int q = 0; q < 1024; q += 16) {
    const float16 zero3 = (float16)(0.0f);
    vstore16(zero3, 0, panel2 + q);
  }
  for (int i = 0; i < 100; i++) {
    for (int q = 0; q < 12; q++) {
      const int e2 = q;
      const float zero4 = 0.0f;
      out2[e2 + i*12 + z*1200] = zero4;
    }
  }
  for (int j0 = 0; j0 < 64; j0 += 64) {
    for (int p = 0; p < 64; p++) {
      const int j = p;
      for (int q = 0; q < 12; q++) {
        const int d0 = q;
        const float x5 = in2[d0 + j*12 + z*840];
        columns0[p + q*64] = x5;
      }
    }
    for (int p = 0; p < 64; p++) {
      const int j = p;
      for (int q = 0; q < 12; q++) {
        const int d1 = q;
        const float x6 = in5[d1 + j*12 + z*840];
        columns1[p + q*64] = x6;
      }
    }
    for (int p = 0; p < 64; p++) {
      const int j = p;
      for (int q = 0; q < 12; q++) {
        const int e2 = q;
        const float x7 = in2[e2 + j*12 + z*840];
        panel2[p*16 + q] = x7;
      }
    }
    for (int q = 0; q < 1024; q += 16) {
      const float16 zero8 = (float16)(0.0f);
      vstore16(zero8, 0, sums0 + q);
    }
    for (int q = 0; q < 1024; q += 16) {
      const float16 zero9 = (float16)(0.0f);
      vstore16(zero9, 0, sums1 + q);
    }
    for (int g0 = 0; g0 < 2; g0++) {
      for (int p = 0; p < 54; p++) {
        const int i = min((int)(g0*54 + p), (int)99);
        for (int q = 0; q < 12; q++) {
          const int d0 = q;
          const float x10 = in1[d0 + i*12 + z*1200];
          rows0[p*12 + q] = x10;
        }
      }
      for (int p = 0; p < 54; p++) {
        const int i = min((int)(g0*54 + p), (int)99);
        for (int q = 0; q < 12; q++) {
          const int d1 = q;
          const float x11 = in0[d1 + i*12 + z*1200];
          rows1[p*12 + q] = x11;
        }
      }
      for (int p = 0; p < 54; p++) {
        const int i = min((int)(g0*54 + p), (int)99);
        for (int q = 0; q < 12; q++) {
          const int e0 = q;
          const float x12 = in0[e0 + i*12 + z*1200];
          panel0[p*16 + q] = x12;
        }
      }
      for (int p = 0; p < 54; p++) {
        const int i = min((int)(g0*54 + p), (int)99);
        for (int q = 0; q < 12; q++) {
          const int e1 = q;
          const float x13 = in1[e1 + i*12 + z*1200];
          panel1[p*16 + q] = x13;
        }
      }
      for (int t = g0*9; t < min((int)(g0*9 + 9), (int)17); t++) {
        for (int c = 0; c < 64; c += 64) {
          float16 c0_0 = (float16)(0.0f);
          float16 c0_1 = (float16)(0.0f);
          float16 c0_2 = (float16)(0.0f);
          float16 c0_3 = (float16)(0.0f);
          float16 c1_0 = (float16)(0.0f);
          float16 c1_1 = (float16)(0.0f);
          float16 c1_2 = (float16)(0.0f);
          float16 c1_3 = (float16)(0.0f);
          float16 c2_0 = (float16)(0.0f);
          float16 c2_1 = (float16)(0.0f);
          float16 c2_2 = (float16)(0.0f);
          float16 c2_3 = (float16)(0.0f);
          float16 c3_0 = (float16)(0.0f);
          float16 c3_1 = (float16)(0.0f);
          float16 c3_2 = (float16)(0.0f);
          float16 c3_3 = (float16)(0.0f);
          float16 c4_0 = (float16)(0.0f);
          float16 c4_1 = (float16)(0.0f);
          float16 c4_2 = (float16)(0.0f);
          float16 c4_3 = (float16)(0.0f);
          float16 c5_0 = (float16)(0.0f);
          float16 c5_1 = (float16)(0.0f);
          float16 c5_2 = (float16)(0.0f);
          float16 c5_3 = (float16)(0.0f);
          __local const float* row_0 = rows0 + t*72 - g0*648;
          __local const float* row_1 = rows0 + t*72 - g0*648 + 12;
          __local const float* row_2 = rows0 + t*72 - g0*648 + 24;
          __local const float* row_3 = rows0 + t*72 - g0*648 + 36;
          __local const float* row_4 = rows0 + t*72 - g0*648 + 48;
          __local const float* row_5 = rows0 + t*72 - g0*648 + 60;
          __local const float* from = columns0 + c;
          for (int k = 0; k < 12; k++) {
            const float16 b_0 = vload16(0, from + k*64);
            const float16 b_1 = vload16(0, from + k*64 + 16);
            const float16 b_2 = vload16(0, from + k*64 + 32);
            const float16 b_3 = vload16(0, from + k*64 + 48);
            const float16 a_0 = (float16)(row_0[k]);
            c0_0 = fma(a_0, b_0, c0_0);
            c0_1 = fma(a_0, b_1, c0_1);
            c0_2 = fma(a_0, b_2, c0_2);
            c0_3 = fma(a_0, b_3, c0_3);
            const float16 a_1 = (float16)(row_1[k]);
            c1_0 = fma(a_1, b_0, c1_0);
            c1_1 = fma(a_1, b_1, c1_1);
            c1_2 = fma(a_1, b_2, c1_2);
            c1_3 = fma(a_1, b_3, c1_3);
            const float16 a_2 = (float16)(row_2[k]);
            c2_0 = fma(a_2, b_0, c2_0);
            c2_1 = fma(a_2, b_1, c2_1);
            c2_2 = fma(a_2, b_2, c2_2);
            c2_3 = fma(a_2, b_3, c2_3);
            const float16 a_3 = (float16)(row_3[k]);
            c3_0 = fma(a_3, b_0, c3_0);
            c3_1 = fma(a_3, b_1, c3_1);
            c3_2 = fma(a_3, b_2, c3_2);
            c3_3 = fma(a_3, b_3, c3_3);
            const float16 a_4 = (float16)(row_4[k]);
            c4_0 = fma(a_4, b_0, c4_0);
            c4_1 = fma(a_4, b_1, c4_1);
            c4_2 = fma(a_4, b_2, c4_2);
            c4_3 = fma(a_4, b_3, c4_3);
            const float16 a_5 = (float16)(row_5[k]);
            c5_0 = fma(a_5, b_0, c5_0);
            c5_1 = fma(a_5, b_1, c5_1);
            c5_2 = fma(a_5, b_2, c5_2);
            c5_3 = fma(a_5, b_3, c5_3);
          }
          vstore16(c0_0, 0, tile0 + t*384 - g0*3456 + c);
          vstore16(c0_1, 0, tile0 + t*384 - g0*3456 + c + 16);
          vstore16(c0_2, 0, tile0 + t*384 - g0*3456 + c + 32);
          vstore16(c0_3, 0, tile0 + t*384 - g0*3456 + c + 48);
          vstore16(c1_0, 0, tile0 + t*384 - g0*3456 + c + 64);
          vstore16(c1_1, 0, tile0 + t*384 - g0*3456 + c + 80);
          vstore16(c1_2, 0, tile0 + t*384 - g0*3456 + c + 96);
          vstore16(c1_3, 0, tile0 + t*384 - g0*3456 + c + 112);
          vstore16(c2_0, 0, tile0 + t*384 - g0*3456 + c + 128);
          vstore16(c2_1, 0, tile0 + t*384 - g0*3456 + c + 144);
          vstore16(c2_2, 0, tile0 + t*384 - g0*3456 + c + 160);
          vstore16(c2_3, 0, tile0 + t*384 - g0*3456 + c + 176);
          vstore16(c3_0, 0, tile0 + t*384 - g0*3456 + c + 192);
          vstore16(c3_1, 0, tile0 + t*384 - g0*3456 + c + 208);
          vstore16(c3_2, 0, tile0 + t*384 - g0*3456 + c + 224);
          vstore16(c3_3, 0, tile0 + t*384 - g0*3456 + c + 240);
          vstore16(c4_0, 0, tile0 + t*384 - g0*3456 + c + 256);
          vstore16(c4_1, 0, tile0 + t*384 - g0*3456 + c + 272);
          vstore16(c4_2, 0, tile0 + t*384 - g0*3456 + c + 288);
          vstore16(c4_3, 0, tile0 + t*384 - g0*3456 + c + 304);
          vstore16(c5_0, 0, tile0 + t*384 - g0*3456 + c + 320);
          vstore16(c5_1, 0, tile0 + t*384 - g0*3456 + c + 336);
          vstore16(c5_2, 0, tile0 + t*384 - g0*3456 + c + 352);
          vstore16(c5_3, 0, tile0 + t*384 - g0*3456 + c + 368);
        }
        for (int c = 0; c < 64; c += 64) {
          float16 c0_0 = (float16)(0.0f);
          float16 c0_1 = (float16)(0.0f);
          float16 c0_2 = (float16)(0.0f);
          float16 c0_3 = (float16)(0.0f);
          float16 c1_0 = (float16)(0.0f);
          float16 c1_1 = (float16)(0.0f);
          float16 c1_2 = (float16)(0.0f);
          float16 c1_3 = (float16)(0.0f);
          float16 c2_0 = (float16)(0.0f);
          float16 c2_1 = (float16)(0.0f);
          float16 c2_2 = (float16)(0.0f);
          float16 c2_3 = (float16)(0.0f);
          float16 c3_0 = (float16)(0.0f);
          float16 c3_1 = (float16)(0.0f);
          float16 c3_2 = (float16)(0.0f);
          float16 c3_3 = (float16)(0.0f);
          float16 c4_0 = (float16)(0.0f);
          float16 c4_1 = (float16)(0.0f);
          float16 c4_2 = (float16)(0.0f);
          float16 c4_3 = (float16)(0.0f);
          float16 c5_0 = (float16)(0.0f);
          float16 c5_1 = (float16)(0.0f);
          float16 c5_2 = (float16)(0.0f);
          float16 c5_3 = (float16)(0.0f);
          __local const float* row_0 = rows1 + t*72 - g0*648;
          __local const float* row_1 = rows1 + t*72 - g0*648 + 12;
          __local const float* row_2 = rows1 + t*72 - g0*648 + 24;
          __local const float* row_3 = rows1 + t*72 - g0*648 + 36;
          __local const float* row_4 = rows1 + t*72 - g0*648 + 48;
          __local const float* row_5 = rows1 + t*72 - g0*648 + 60;
          __local const float* from = columns1 + c;
          for (int k = 0; k < 12; k++) {
            const float16 b_0 = vload16(0, from + k*64);
            const float16 b_1 = vload16(0, from + k*64 + 16);
            const float16 b_2 = vload16(0, from + k*64 + 32);
            const float16 b_3 = vload16(0, from + k*64 + 48);
            const float16 a_0 = (float16)(row_0[k]);
            c0_0 = fma(a_0, b_0, c0_0);
            c0_1 = fma(a_0, b_1, c0_1);
            c0_2 = fma(a_0, b_2, c0_2);
            c0_3 = fma(a_0, b_3, c0_3);
            const float16 a_1 = (float16)(row_1[k]);
            c1_0 = fma(a_1, b_0, c1_0);
            c1_1 = fma(a_1, b_1, c1_1);
            c1_2 = fma(a_1, b_2, c1_2);
            c1_3 = fma(a_1, b_3, c1_3);
            const float16 a_2 = (float16)(row_2[k]);
            c2_0 = fma(a_2, b_0, c2_0);
            c2_1 = fma(a_2, b_1, c2_1);
            c2_2 = fma(a_2, b_2, c2_2);
            c2_3 = fma(a_2, b_3, c2_3);
            const float16 a_3 = (float16)(row_3[k]);
            c3_0 = fma(a_3, b_0, c3_0);
            c3_1 = fma(a_3, b_1, c3_1);
            c3_2 = fma(a_3, b_2, c3_2);
            c3_3 = fma(a_3, b_3, c3_3);
            const float16 a_4 = (float16)(row_4[k]);
            c4_0 = fma(a_4, b_0, c4_0);
            c4_1 = fma(a_4, b_1, c4_1);
            c4_2 = fma(a_4, b_2, c4_2);
            c4_3 = fma(a_4, b_3, c4_3);
            const float16 a_5 = (float16)(row_5[k]);
            c5_0 = fma(a_5, b_0, c5_0);
            c5_1 = fma(a_5, b_1, c5_1);
            c5_2 = fma(a_5, b_2, c5_2);
            c5_3 = fma(a_5, b_3, c5_3);
          }
          vstore16(c0_0, 0, tile1 + t*384 - g0*3456 + c);
          vstore16(c0_1, 0, tile1 + t*384 - g0*3456 + c + 16);
          vstore16(c0_2, 0, tile1 + t*384 - g0*3456 + c + 32);
          vstore16(c0_3, 0, tile1 + t*384 - g0*3456 + c + 48);
          vstore16(c1_0, 0, tile1 + t*384 - g0*3456 + c + 64);
          vstore16(c1_1, 0, tile1 + t*384 - g0*3456 + c + 80);
          vstore16(c1_2, 0, tile1 + t*384 - g0*3456 + c + 96);
          vstore16(c1_3, 0, tile1 + t*384 - g0*3456 + c + 112);
          vstore16(c2_0, 0, tile1 + t*384 - g0*3456 + c + 128);
          vstore16(c2_1, 0, tile1 + t*384 - g0*3456 + c + 144);
          vstore16(c2_2, 0, tile1 + t*384 - g0*3456 + c + 160);
          vstore16(c2_3, 0, tile1 + t*384 - g0*3456 + c + 176);
          vstore16(c3_0, 0, tile1 + t*384 - g0*3456 + c + 192);
          vstore16(c3_1, 0, tile1 + t*384 - g0*3456 + c + 208);
          vstore16(c3_2, 0, tile1 + t*384 - g0*3456 + c + 224);
          vstore16(c3_3, 0, tile1 + t*384 - g0*3456 + c + 240);
          vstore16(c4_0, 0, tile1 + t*384 - g0*3456 + c + 256);
          vstore16(c4_1, 0, tile1 + t*384 - g0*3456 + c + 272);
          vstore16(c4_2, 0, tile1 + t*384 - g0*3456 + c + 288);
          vstore16(c4_3, 0, tile1 + t*384 - g0*3456 + c + 304);
          vstore16(c5_0, 0, tile1 + t*384 - g0*3456 + c + 320);
          vstore16(c5_1, 0, tile1 + t*384 - g0*3456 + c + 336);
          vstore16(c5_2, 0, tile1 + t*384 - g0*3456 + c + 352);
          vstore16(c5_3, 0, tile1 + t*384 - g0*3456 + c + 368);
        }
        for (int r = 0; r < 6; r++) {
          const int i = min((int)(t*6 + r), (int)99);
          const float x16 = in3[i + z*100];
          const float16 v17 = (float16)(x16);
          const float x20 = in4[i + z*100];
          const float16 v21 = (float16)(x20);
          const float x23 = in6[i + z*100];
          const float16 v24 = (float16)(x23);
          for (int q = 0; q < 64; q += 16) {
            const int j = q;
            const float16 x14 = vload16(0, tile0 + t*384 - g0*3456 + r*64 + q);
            const float16 x15 = vload16(0, tile1 + t*384 - g0*3456 + r*64 + q);
            const float16 sub_18 = x14 - v17;
            const float16 exp_19 = lg_exp_16(sub_18);
            const float16 div_22 = exp_19 / v21;
            const float16 add_25 = x15 + v24;
            const float16 mul_26 = div_22 * add_25;
            vstore16(div_22, 0, tile0 + t*384 - g0*3456 + r*64 + q);
            vstore16(mul_26, 0, tile1 + t*384 - g0*3456 + r*64 + q);
          }
        }
        for (int c = 0; c < 16; c += 16) {
          float16 c0_0 = (float16)(0.0f);
          float16 c1_0 = (float16)(0.0f);
          float16 c2_0 = (float16)(0.0f);
          float16 c3_0 = (float16)(0.0f);
          float16 c4_0 = (float16)(0.0f);
          float16 c5_0 = (float16)(0.0f);
          __local const float* row_0 = tile1 + t*384 - g0*3456;
          __local const float* row_1 = tile1 + t*384 - g0*3456 + 64;
          __local const float* row_2 = tile1 + t*384 - g0*3456 + 128;
          __local const float* row_3 = tile1 + t*384 - g0*3456 + 192;
          __local const float* row_4 = tile1 + t*384 - g0*3456 + 256;
          __local const float* row_5 = tile1 + t*384 - g0*3456 + 320;
          __local const float* from = panel2 + c;
          for (int k = 0; k < 64; k++) {
            const float16 b_0 = vload16(0, from + k*16);
            const float16 a_0 = (float16)(row_0[k]);
            c0_0 = fma(a_0, b_0, c0_0);
            const float16 a_1 = (float16)(row_1[k]);
            c1_0 = fma(a_1, b_0, c1_0);
            const float16 a_2 = (float16)(row_2[k]);
            c2_0 = fma(a_2, b_0, c2_0);
            const float16 a_3 = (float16)(row_3[k]);
            c3_0 = fma(a_3, b_0, c3_0);
            const float16 a_4 = (float16)(row_4[k]);
            c4_0 = fma(a_4, b_0, c4_0);
            const float16 a_5 = (float16)(row_5[k]);
            c5_0 = fma(a_5, b_0, c5_0);
          }
          vstore16(c0_0, 0, sums2 + c);
          vstore16(c1_0, 0, sums2 + c + 16);
          vstore16(c2_0, 0, sums2 + c + 32);
          vstore16(c3_0, 0, sums2 + c + 48);
          vstore16(c4_0, 0, sums2 + c + 64);
          vstore16(c5_0, 0, sums2 + c + 80);
        }
        for (int i = t*6; i < min((int)(t*6 + 6), (int)100); i++) {
          for (int q = 0; q < 12; q++) {
            const int e2 = q;
            const float old27 = out2[e2 + i*12 + z*1200];
            const float more28 = sums2[i*16 - t*96 + q];
            const float new29 = old27 + more28;
            out2[e2 + i*12 + z*1200] = new29;
          }
        }
      }
      for (int c = 0; c < 16; c += 16) {
        for (int r = 0; r < 64; r += 4) {
          float16 c0_0 = vload16(0, sums0 + r*16 + c);
          float16 c1_0 = vload16(0, sums0 + r*16 + c + 16);
          float16 c2_0 = vload16(0, sums0 + r*16 + c + 32);
          float16 c3_0 = vload16(0, sums0 + r*16 + c + 48);
          __local const float* lefts = tile0 + r;
          __local const float* from = panel0 + c;
          for (int k = g0*54; k < min((int)(g0*54 + 54), (int)100); k++) {
            const float16 b_0 = vload16(0, from + k*16 - g0*864);
            const float16 a_0 = (float16)(lefts[k*64 - g0*3456]);
            c0_0 = fma(a_0, b_0, c0_0);
            const float16 a_1 = (float16)(lefts[k*64 - g0*3456 + 1]);
            c1_0 = fma(a_1, b_0, c1_0);
            const float16 a_2 = (float16)(lefts[k*64 - g0*3456 + 2]);
            c2_0 = fma(a_2, b_0, c2_0);
            const float16 a_3 = (float16)(lefts[k*64 - g0*3456 + 3]);
            c3_0 = fma(a_3, b_0, c3_0);
          }
          vstore16(c0_0, 0, sums0 + r*16 + c);
          vstore16(c1_0, 0, sums0 + r*16 + c + 16);
          vstore16(c2_0, 0, sums0 + r*16 + c + 32);
          vstore16(c3_0, 0, sums0 + r*16 + c + 48);
        }
      }
      for (int c = 0; c < 16; c += 16) {
        for (int r = 0; r < 64; r += 4) {
          float16 c0_0 = vload16(0, sums1 + r*16 + c);
          float16 c1_0 = vload16(0, sums1 + r*16 + c + 16);
          float16 c2_0 = vload16(0, sums1 + r*16 + c + 32);
          float16 c3_0 = vload16(0, sums1 + r*16 + c + 48);
          __local const float* lefts = tile1 + r;
          __local const float* from = panel1 + c;
          for (int k = g0*54; k < min((int)(g0*54 + 54), (int)100); k++) {
            const float16 b_0 = vload16(0, from + k*16 - g0*864);
            const float16 a_0 = (float16)(lefts[k*64 - g0*3456]);
            c0_0 = fma(a_0, b_0, c0_0);
            const float16 a_1 = (float16)(lefts[k*64 - g0*3456 + 1]);
            c1_0 = fma(a_1, b_0, c1_0);
            const float16 a_2 = (float16)(lefts[k*64 - g0*3456 + 2]);
            c2_0 = fma(a_2, b_0, c2_0);
            const float16 a_3 = (float16)(lefts[k*64 - g0*3456 + 3]);
            c3_0 = fma(a_3, b_0, c3_0);
          }
          vstore16(c0_0, 0, sums1 + r*16 + c);
          vstore16(c1_0, 0, sums1 + r*16 + c + 16);
          vstore16(c2_0, 0, sums1 + r*16 + c + 32);
          vstore16(c3_0, 0, sums1 + r*16 + c + 48);
        }
      }
    }
    for (int j = 0; j < 64; j++) {
      for (int q = 0; q < 12; q++) {
        const int e0 = q;
        const float x30 = sums0[j*16 + q];
        out0[e0 + j*12 + z*840] = x30;
      }
    }
    for (int j = 0; j < 64; j++) {
      for (int q = 0; q < 12; q++) {
        const int e1 = q;
        const float x31 = sums1[j*16 + q];
        out1[e1 + j*12 + z*840] = x31;
      }
    }
  }
  {
    for (int p = 0; p < 6; p++) {
      const int j = p + 64;
      for (int q = 0; q < 12; q++) {
        const int d0 = q;
        const float x32 = in2[d0 + j*12 + z*840];
        columns0[p + q*64] = x32;
      }
    }
    for (int p = 0; p < 6; p++) {
      const int j = p + 64;
      for (int q = 0; q < 12; q++) {
        const int d1 = q;
        const float x33 = in5[d1 + j*12 + z*840];
        columns1[p + q*64] = x33;
      }
    }
    for (int p = 0; p < 6; p++) {
      const int j = p + 64;
      for (int q = 0; q < 12; q++) {
        const int e2 = q;
        const float x34 = in2[e2 + j*12 + z*840];
        panel2[p*16 + q] = x34;
      }
    }
    for (int q = 0; q < 1024; q += 16) {
      const float16 zero35 = (float16)(0.0f);
      vstore16(zero35, 0, sums0 + q);
    }
    for (int q = 0; q < 1024; q += 16) {
      const float16 zero36 = (float16)(0.0f);
      vstore16(zero36, 0, sums1 + q);
    }
    for (int g0 = 0; g0 < 2; g0++) {
      for (int p = 0; p < 54; p++) {
        const int i = min((int)(g0*54 + p), (int)99);
        for (int q = 0; q < 12; q++) {
          const int d0 = q;
          const float x37 = in1[d0 + i*12 + z*1200];
          rows0[p*12 + q] = x37;
        }
      }
      for (int p = 0; p < 54; p++) {
        const int i = min((int)(g0*54 + p), (int)99);
        for (int q = 0; q < 12; q++) {
          const int d1 = q;
          const float x38 = in0[d1 + i*12 + z*1200];
          rows1[p*12 + q] = x38;
        }
      }
      for (int p = 0; p < 54; p++) {
        const int i = min((int)(g0*54 + p), (int)99);
        for (int q = 0; q < 12; q++) {
          const int e0 = q;
          const float x39 = in0[e0 + i*12 + z*1200];
          panel0[p*16 + q] = x39;
        }
      }
      for (int p = 0; p < 54; p++) {
        const int i = min((int)(g0*54 + p), (int)99);
        for (int q = 0; q < 12; q++) {
          const int e1 = q;
          const float x40 = in1[e1 + i*12 + z*1200];
          panel1[p*16 + q] = x40;
        }
      }
      for (int t = g0*9; t < min((int)(g0*9 + 9), (int)17); t++) {
        for (int c = 0; c < 16; c += 16) {
          float16 c0_0 = (float16)(0.0f);
          float16 c1_0 = (float16)(0.0f);
          float16 c2_0 = (float16)(0.0f);
          float16 c3_0 = (float16)(0.0f);
          float16 c4_0 = (float16)(0.0f);
          float16 c5_0 = (float16)(0.0f);
          __local const float* row_0 = rows0 + t*72 - g0*648;
          __local const float* row_1 = rows0 + t*72 - g0*648 + 12;
          __local const float* row_2 = rows0 + t*72 - g0*648 + 24;
          __local const float* row_3 = rows0 + t*72 - g0*648 + 36;
          __local const float* row_4 = rows0 + t*72 - g0*648 + 48;
          __local const float* row_5 = rows0 + t*72 - g0*648 + 60;
          __local const float* from = columns0 + c;
          for (int k = 0; k < 12; k++) {
            const float16 b_0 = vload16(0, from + k*64);
            const float16 a_0 = (float16)(row_0[k]);
            c0_0 = fma(a_0, b_0, c0_0);
            const float16 a_1 = (float16)(row_1[k]);
            c1_0 = fma(a_1, b_0, c1_0);
            const float16 a_2 = (float16)(row_2[k]);
            c2_0 = fma(a_2, b_0, c2_0);
            const float16 a_3 = (float16)(row_3[k]);
            c3_0 = fma(a_3, b_0, c3_0);
            const float16 a_4 = (float16)(row_4[k]);
            c4_0 = fma(a_4, b_0, c4_0);
            const float16 a_5 = (float16)(row_5[k]);
            c5_0 = fma(a_5, b_0, c5_0);
          }
          vstore16(c0_0, 0, tile0 + t*384 - g0*3456 + c);
          vstore16(c1_0, 0, tile0 + t*384 - g0*3456 + c + 64);
          vstore16(c2_0, 0, tile0 + t*384 - g0*3456 + c + 128);
          vstore16(c3_0, 0, tile0 + t*384 - g0*3456 + c + 192);
          vstore16(c4_0, 0, tile0 + t*384 - g0*3456 + c + 256);
          vstore16(c5_0, 0, tile0 + t*384 - g0*3456 + c + 320);
        }
        for (int c = 0; c < 16; c += 16) {
          float16 c0_0 = (float16)(0.0f);
          float16 c1_0 = (float16)(0.0f);
          float16 c2_0 = (float16)(0.0f);
          float16 c3_0 = (float16)(0.0f);
          float16 c4_0 = (float16)(0.0f);
          float16 c5_0 = (float16)(0.0f);
          __local const float* row_0 = rows1 + t*72 - g0*648;
          __local const float* row_1 = rows1 + t*72 - g0*648 + 12;
          __local const float* row_2 = rows1 + t*72 - g0*648 + 24;
          __local const float* row_3 = rows1 + t*72 - g0*648 + 36;
          __local const float* row_4 = rows1 + t*72 - g0*648 + 48;
          __local const float* row_5 = rows1 + t*72 - g0*648 + 60;
          __local const float* from = columns1 + c;
          for (int k = 0; k < 12; k++) {
            const float16 b_0 = vload16(0, from + k*64);
            const float16 a_0 = (float16)(row_0[k]);
            c0_0 = fma(a_0, b_0, c0_0);
            const float16 a_1 = (float16)(row_1[k]);
            c1_0 = fma(a_1, b_0, c1_0);
            const float16 a_2 = (float16)(row_2[k]);
            c2_0 = fma(a_2, b_0, c2_0);
            const float16 a_3 = (float16)(row_3[k]);
            c3_0 = fma(a_3, b_0, c3_0);
            const float16 a_4 = (float16)(row_4[k]);
            c4_0 = fma(a_4, b_0, c4_0);
            const float16 a_5 = (float16)(row_5[k]);
            c5_0 = fma(a_5, b_0, c5_0);
          }
          vstore16(c0_0, 0, tile1 + t*384 - g0*3456 + c);
          vstore16(c1_0, 0, tile1 + t*384 - g0*3456 + c + 64);
          vstore16(c2_0, 0, tile1 + t*384 - g0*3456 + c + 128);
          vstore16(c3_0, 0, tile1 + t*384 - g0*3456 + c + 192);
          vstore16(c4_0, 0, tile1 + t*384 - g0*3456 + c + 256);
          vstore16(c5_0, 0, tile1 + t*384 - g0*3456 + c + 320);
        }
        for (int r = 0; r < 6; r++) {
          const int i = min((int)(t*6 + r), (int)99);
          const float x43 = in3[i + z*100];
          const float x46 = in4[i + z*100];
          const float x48 = in6[i + z*100];
          for (int q = 0; q < 6; q++) {
            const int j = q + 64;
            const float x41 = tile0[t*384 - g0*3456 + r*64 + q];
            const float x42 = tile1[t*384 - g0*3456 + r*64 + q];
            const float sub_44 = x41 - x43;
            const float exp_45 = lg_exp_1(sub_44);
            const float div_47 = exp_45 / x46;
            const float add_49 = x42 + x48;
            const float mul_50 = div_47 * add_49;
            tile0[t*384 - g0*3456 + r*64 + q] = div_47;
            tile1[t*384 - g0*3456 + r*64 + q] = mul_50;
          }
        }
        for (int c = 0; c < 16; c += 16) {
          float16 c0_0 = (float16)(0.0f);
          float16 c1_0 = (float16)(0.0f);
          float16 c2_0 = (float16)(0.0f);
          float16 c3_0 = (float16)(0.0f);
          float16 c4_0 = (float16)(0.0f);
          float16 c5_0 = (float16)(0.0f);
          __local const float* row_0 = tile1 + t*384 - g0*3456;
          __local const float* row_1 = tile1 + t*384 - g0*3456 + 64;
          __local const float* row_2 = tile1 + t*384 - g0*3456 + 128;
          __local const float* row_3 = tile1 + t*384 - g0*3456 + 192;
          __local const float* row_4 = tile1 + t*384 - g0*3456 + 256;
          __local const float* row_5 = tile1 + t*384 - g0*3456 + 320;
          __local const float* from = panel2 + c;
          for (int k = 0; k < 6; k++) {
            const float16 b_0 = vload16(0, from + k*16);
            const float16 a_0 = (float16)(row_0[k]);
            c0_0 = fma(a_0, b_0, c0_0);
            const float16 a_1 = (float16)(row_1[k]);
            c1_0 = fma(a_1, b_0, c1_0);
            const float16 a_2 = (float16)(row_2[k]);
            c2_0 = fma(a_2, b_0, c2_0);
            const float16 a_3 = (float16)(row_3[k]);
            c3_0 = fma(a_3, b_0, c3_0);
            const float16 a_4 = (float16)(row_4[k]);
            c4_0 = fma(a_4, b_0, c4_0);
            const float16 a_5 = (float16)(row_5[k]);
            c5_0 = fma(a_5, b_0, c5_0);
          }
          vstore16(c0_0, 0, sums2 + c);
          vstore16(c1_0, 0, sums2 + c + 16);
          vstore16(c2_0, 0, sums2 + c + 32);
          vstore16(c3_0, 0, sums2 + c + 48);
          vstore16(c4_0, 0, sums2 + c + 64);
          vstore16(c5_0, 0, sums2 + c + 80);
        }
        for (int i = t*6; i < min((int)(t*6 + 6), (int)100); i++) {
          for (int q = 0; q < 12; q++) {
            const int e2 = q;
            const float old51 = out2[e2 + i*12 + z*1200];
            const float more52 = sums2[i*16 - t*96 + q];
            const float new53 = old51 + more52;
            out2[e2 + i*12 + z*1200] = new53;
          }
        }
      }
      for (int c = 0; c < 16; c += 16) {
        for (int r = 0; r < 8; r += 4) {
          float16 c0_0 = vload16(0, sums0 + r*16 + c);
          float16 c1_0 = vload16(0, sums0 + r*16 + c + 16);
          float16 c2_0 = vload16(0, sums0 + r*16 + c + 32);
          float16 c3_0 = vload16(0, sums0 + r*16 + c + 48);
          __local const float* lefts = tile0 + r;
          __local const float* from = panel0 + c;
          for (int k = g0*54; k < min((int)(g0*54 + 54), (int)100); k++) {
            const float16 b_0 = vload16(0, from + k*16 - g0*864);
            const float16 a_0 = (float16)(lefts[k*64 - g0*3456]);
            c0_0 = fma(a_0, b_0, c0_0);
            const float16 a_1 = (float16)(lefts[k*64 - g0*3456 + 1]);
            c1_0 = fma(a_1, b_0, c1_0);
            const float16 a_2 = (float16)(lefts[k*64 - g0*3456 + 2]);
            c2_0 = fma(a_2, b_0, c2_0);
            const float16 a_3 = (float16)(lefts[k*64 - g0*3456 + 3]);
            c3_0 = fma(a_3, b_0, c3_0);
          }
          vstore16(c0_0, 0, sums0 + r*16 + c);
          vstore16(c1_0, 0, sums0 + r*16 + c + 16);
          vstore16(c2_0, 0, sums0 + r*16 + c + 32);
          vstore16(c3_0, 0, sums0 + r*16 + c + 48);
        }
      }
      for (int c = 0; c < 16; c += 16) {
        for (int r = 0; r < 8; r += 4) {
          float16 c0_0 = vload16(0, sums1 + r*16 + c);
          float16 c1_0 = vload16(0, sums1 + r*16 + c + 16);
          float16 c2_0 = vload16(0, sums1 + r*16 + c + 32);
          float16 c3_0 = vload16(0, sums1 + r*16 + c + 48);
          __local const float* lefts = tile1 + r;
          __local const float* from = panel1 + c;
          for (int k = g0*54; k < min((int)(g0*54 + 54), (int)100); k++) {
            const float16 b_0 = vload16(0, from + k*16 - g0*864);
            const float16 a_0 = (float16)(lefts[k*64 - g0*3456]);
            c0_0 = fma(a_0, b_0, c0_0);
            const float16 a_1 = (float16)(lefts[k*64 - g0*3456 + 1]);
            c1_0 = fma(a_1, b_0, c1_0);
            const float16 a_2 = (float16)(lefts[k*64 - g0*3456 + 2]);
            c2_0 = fma(a_2, b_0, c2_0);
            const float16 a_3 = (float16)(lefts[k*64 - g0*3456 + 3]);
            c3_0 = fma(a_3, b_0, c3_0);
          }
          vstore16(c0_0, 0, sums1 + r*16 + c);
          vstore16(c1_0, 0, sums1 + r*16 + c + 16);
          vstore16(c2_0, 0, sums1 + r*16 + c + 32);
          vstore16(c3_0, 0, sums1 + r*16 + c + 48);
        }
      }
    }
    for (int j = 64; j < 70; j++) {
      for (int q = 0; q < 12; q++) {
        const int e0 = q;
        const float x54 = sums0[j*16 + q - 1024];
        out0[e0 + j*12 + z*840] = x54;
      }
    }
    for (int j = 64; j < 70; j++) {
      for (int q = 0; q < 12; q++) {
        const int e1 = q;
        const float x55 = sums1[j*16 + q - 1024];
        out1[e1 + j*12 + z*840] = x55;
      }
    }
  }
}
