__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_max_exp_sum_2x100x70_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2, __global const float* restrict in3, const float s0) {
  __local float rows0[480] __attribute__((aligned(64)));
  __local float columns0[1024] __attribute__((aligned(64)));
  __local float panel0[2048] __attribute__((aligned(64)));
  __local float sums0[960] __attribute__((aligned(64)));
  __local float tile0[384] __attribute__((aligned(64)));
  __local float peaks[30] __attribute__((aligned(64)));
  __local float shifts[30] __attribute__((aligned(64)));
  __local float totals[30] __attribute__((aligned(64)));
  __local float scale[6] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int z = get_global_id(1);
  for (int p = 0; p < 30; p++) {
    const int i = min((int)(g0*30 + p), (int)99);
    for (int q = 0; q < 16; q += 16) {
      const int d0 = q;
      const float16 x1 = vload16(0, in0 + d0 + i*16 + z*1600);
      vstore16(x1, 0, rows0 + p*16 + q);
    }
  }
  for (int q = 0; q < 960; q += 16) {
    const float16 zero2 = (float16)(0.0f);
    vstore16(zero2, 0, sums0 + q);
  }
  for (int q = 0; q < 2048; q += 16) {
    const float16 zero3 = (float16)(0.0f);
    vstore16(zero3, 0, panel0 + q);
  }
  for (int p = 0; p < 30; p++) {
    const float c4 = 0.0f;
    totals[p] = c4;
    const float c5 = (-INFINITY);
    peaks[p] = c5;
    const float c6 = 0.0f;
    shifts[p] = c6;
  }
  const float a12 = s0;
  const float16 v13 = (float16)(a12);
  for (int j0 = 0; j0 < 64; j0 += 64) {
    for (int p = 0; p < 64; p++) {
      const int j = p;
      for (int q = 0; q < 16; q += 16) {
        const int d0 = q;
        const float16 x7 = vload16(0, in1 + d0 + j*16 + z*1120);
        columns0[p + q*64] = x7.s0;
        columns0[p + q*64 + 64] = x7.s1;
        columns0[p + q*64 + 128] = x7.s2;
        columns0[p + q*64 + 192] = x7.s3;
        columns0[p + q*64 + 256] = x7.s4;
        columns0[p + q*64 + 320] = x7.s5;
        columns0[p + q*64 + 384] = x7.s6;
        columns0[p + q*64 + 448] = x7.s7;
        columns0[p + q*64 + 512] = x7.s8;
        columns0[p + q*64 + 576] = x7.s9;
        columns0[p + q*64 + 640] = x7.sa;
        columns0[p + q*64 + 704] = x7.sb;
        columns0[p + q*64 + 768] = x7.sc;
        columns0[p + q*64 + 832] = x7.sd;
        columns0[p + q*64 + 896] = x7.se;
        columns0[p + q*64 + 960] = x7.sf;
      }
    }
    for (int p = 0; p < 64; p++) {
      const int j = p;
      for (int q = 0; q < 16; q += 16) {
        const int e0 = q;
        const float16 x8 = vload16(0, in3 + e0 + j*24 + z*1680);
        vstore16(x8, 0, panel0 + p*32 + q);
      }
      for (int q = 16; q < 24; q++) {
        const int e0 = q;
        const float x9 = in3[e0 + j*24 + z*1680];
        panel0[p*32 + q] = x9;
      }
    }
    for (int t = g0*5; t < min((int)(g0*5 + 5), (int)17); t++) {
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
        __local const float* row_0 = rows0 + t*96 - g0*480;
        __local const float* row_1 = rows0 + t*96 - g0*480 + 16;
        __local const float* row_2 = rows0 + t*96 - g0*480 + 32;
        __local const float* row_3 = rows0 + t*96 - g0*480 + 48;
        __local const float* row_4 = rows0 + t*96 - g0*480 + 64;
        __local const float* row_5 = rows0 + t*96 - g0*480 + 80;
        __local const float* from = columns0 + c;
        for (int k = 0; k < 16; k++) {
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
        vstore16(c0_0, 0, tile0 + c);
        vstore16(c0_1, 0, tile0 + c + 16);
        vstore16(c0_2, 0, tile0 + c + 32);
        vstore16(c0_3, 0, tile0 + c + 48);
        vstore16(c1_0, 0, tile0 + c + 64);
        vstore16(c1_1, 0, tile0 + c + 80);
        vstore16(c1_2, 0, tile0 + c + 96);
        vstore16(c1_3, 0, tile0 + c + 112);
        vstore16(c2_0, 0, tile0 + c + 128);
        vstore16(c2_1, 0, tile0 + c + 144);
        vstore16(c2_2, 0, tile0 + c + 160);
        vstore16(c2_3, 0, tile0 + c + 176);
        vstore16(c3_0, 0, tile0 + c + 192);
        vstore16(c3_1, 0, tile0 + c + 208);
        vstore16(c3_2, 0, tile0 + c + 224);
        vstore16(c3_3, 0, tile0 + c + 240);
        vstore16(c4_0, 0, tile0 + c + 256);
        vstore16(c4_1, 0, tile0 + c + 272);
        vstore16(c4_2, 0, tile0 + c + 288);
        vstore16(c4_3, 0, tile0 + c + 304);
        vstore16(c5_0, 0, tile0 + c + 320);
        vstore16(c5_1, 0, tile0 + c + 336);
        vstore16(c5_2, 0, tile0 + c + 352);
        vstore16(c5_3, 0, tile0 + c + 368);
      }
      for (int r = 0; r < 6; r++) {
        const int i = min((int)(t*6 + r), (int)99);
        float16 acc10 = (float16)((-INFINITY));
        for (int q = 0; q < 64; q += 16) {
          const int seen = q;
          const float16 x11 = vload16(0, tile0 + r*64 + q);
          const float16 mul_14 = x11 * v13;
          const float16 x15 = vload16(0, in2 + seen + i*70);
          const float16 add_16 = mul_14 + x15;
          acc10 = (((acc10 > add_16) | isnan(acc10)) ? acc10 : add_16);
          vstore16(add_16, 0, tile0 + r*64 + q);
        }
        const float x17 = peaks[t*6 - g0*30 + r];
        const float x18 = shifts[t*6 - g0*30 + r];
        float h19;
        float8 h19_8; { const float8 l = acc10.lo, h = acc10.hi; h19_8 = (((l > h) | isnan(l)) ? l : h); }
        float4 h19_4; { const float4 l = h19_8.lo, h = h19_8.hi; h19_4 = (((l > h) | isnan(l)) ? l : h); }
        float2 h19_2; { const float2 l = h19_4.lo, h = h19_4.hi; h19_2 = (((l > h) | isnan(l)) ? l : h); }
        { const float l = h19_2.s0, h = h19_2.s1; h19 = (((l > h) || isnan(l)) ? l : h); }
        const float maximum_20 = (((x17 > h19) || isnan(x17)) ? x17 : h19);
        const float c21 = (-INFINITY);
        const float c22 = 0.0f;
        const int eq_23 = -(maximum_20 == c21);
        const float where_24 = (eq_23 ? c22 : maximum_20);
        const float sub_25 = x18 - where_24;
        const float exp_26 = lg_exp_1(sub_25);
        const int eq_27 = -(x17 == c21);
        const float where_28 = (eq_27 ? c22 : exp_26);
        peaks[t*6 - g0*30 + r] = maximum_20;
        shifts[t*6 - g0*30 + r] = where_24;
        scale[r] = where_28;
        float16 acc29 = (float16)(0.0f);
        for (int q = 0; q < 64; q += 16) {
          const int j = q;
          const float16 x30 = vload16(0, tile0 + r*64 + q);
          const float16 v31 = (float16)(where_24);
          const float16 sub_32 = x30 - v31;
          const float16 exp_33 = lg_exp_16(sub_32);
          acc29 = acc29 + exp_33;
          vstore16(exp_33, 0, tile0 + r*64 + q);
        }
        const float x34 = totals[t*6 - g0*30 + r];
        const float mul_35 = x34 * where_28;
        float h36;
        float8 h36_8; { const float8 l = acc29.lo, h = acc29.hi; h36_8 = l + h; }
        float4 h36_4; { const float4 l = h36_8.lo, h = h36_8.hi; h36_4 = l + h; }
        float2 h36_2; { const float2 l = h36_4.lo, h = h36_4.hi; h36_2 = l + h; }
        { const float l = h36_2.s0, h = h36_2.s1; h36 = l + h; }
        const float add_37 = mul_35 + h36;
        totals[t*6 - g0*30 + r] = add_37;
      }
      for (int c = 0; c < 32; c += 32) {
        float16 c0_0 = vload16(0, sums0 + t*192 - g0*960 + c);
        float16 c0_1 = vload16(0, sums0 + t*192 - g0*960 + c + 16);
        const float16 f_0 = (float16)(scale[0]);
        c0_0 = c0_0 * f_0;
        c0_1 = c0_1 * f_0;
        float16 c1_0 = vload16(0, sums0 + t*192 - g0*960 + c + 32);
        float16 c1_1 = vload16(0, sums0 + t*192 - g0*960 + c + 48);
        const float16 f_1 = (float16)(scale[1]);
        c1_0 = c1_0 * f_1;
        c1_1 = c1_1 * f_1;
        float16 c2_0 = vload16(0, sums0 + t*192 - g0*960 + c + 64);
        float16 c2_1 = vload16(0, sums0 + t*192 - g0*960 + c + 80);
        const float16 f_2 = (float16)(scale[2]);
        c2_0 = c2_0 * f_2;
        c2_1 = c2_1 * f_2;
        float16 c3_0 = vload16(0, sums0 + t*192 - g0*960 + c + 96);
        float16 c3_1 = vload16(0, sums0 + t*192 - g0*960 + c + 112);
        const float16 f_3 = (float16)(scale[3]);
        c3_0 = c3_0 * f_3;
        c3_1 = c3_1 * f_3;
        float16 c4_0 = vload16(0, sums0 + t*192 - g0*960 + c + 128);
        float16 c4_1 = vload16(0, sums0 + t*192 - g0*960 + c + 144);
        const float16 f_4 = (float16)(scale[4]);
        c4_0 = c4_0 * f_4;
        c4_1 = c4_1 * f_4;
        float16 c5_0 = vload16(0, sums0 + t*192 - g0*960 + c + 160);
        float16 c5_1 = vload16(0, sums0 + t*192 - g0*960 + c + 176);
        const float16 f_5 = (float16)(scale[5]);
        c5_0 = c5_0 * f_5;
        c5_1 = c5_1 * f_5;
        __local const float* row_0 = tile0 + 0;
        __local const float* row_1 = tile0 + 64;
        __local const float* row_2 = tile0 + 128;
        __local const float* row_3 = tile0 + 192;
        __local const float* row_4 = tile0 + 256;
        __local const float* row_5 = tile0 + 320;
        __local const float* from = panel0 + c;
        for (int k = 0; k < 64; k++) {
          const float16 b_0 = vload16(0, from + k*32);
          const float16 b_1 = vload16(0, from + k*32 + 16);
          const float16 a_0 = (float16)(row_0[k]);
          c0_0 = fma(a_0, b_0, c0_0);
          c0_1 = fma(a_0, b_1, c0_1);
          const float16 a_1 = (float16)(row_1[k]);
          c1_0 = fma(a_1, b_0, c1_0);
          c1_1 = fma(a_1, b_1, c1_1);
          const float16 a_2 = (float16)(row_2[k]);
          c2_0 = fma(a_2, b_0, c2_0);
          c2_1 = fma(a_2, b_1, c2_1);
          const float16 a_3 = (float16)(row_3[k]);
          c3_0 = fma(a_3, b_0, c3_0);
          c3_1 = fma(a_3, b_1, c3_1);
          const float16 a_4 = (float16)(row_4[k]);
          c4_0 = fma(a_4, b_0, c4_0);
          c4_1 = fma(a_4, b_1, c4_1);
          const float16 a_5 = (float16)(row_5[k]);
          c5_0 = fma(a_5, b_0, c5_0);
          c5_1 = fma(a_5, b_1, c5_1);
        }
        vstore16(c0_0, 0, sums0 + t*192 - g0*960 + c);
        vstore16(c0_1, 0, sums0 + t*192 - g0*960 + c + 16);
        vstore16(c1_0, 0, sums0 + t*192 - g0*960 + c + 32);
        vstore16(c1_1, 0, sums0 + t*192 - g0*960 + c + 48);
        vstore16(c2_0, 0, sums0 + t*192 - g0*960 + c + 64);
        vstore16(c2_1, 0, sums0 + t*192 - g0*960 + c + 80);
        vstore16(c3_0, 0, sums0 + t*192 - g0*960 + c + 96);
        vstore16(c3_1, 0, sums0 + t*192 - g0*960 + c + 112);
        vstore16(c4_0, 0, sums0 + t*192 - g0*960 + c + 128);
        vstore16(c4_1, 0, sums0 + t*192 - g0*960 + c + 144);
        vstore16(c5_0, 0, sums0 + t*192 - g0*960 + c + 160);
        vstore16(c5_1, 0, sums0 + t*192 - g0*960 + c + 176);
      }
    }
  }
  {
    for (int p = 0; p < 6; p++) {
      const int j = p + 64;
      for (int q = 0; q < 16; q += 16) {
        const int d0 = q;
        const float16 x38 = vload16(0, in1 + d0 + j*16 + z*1120);
        columns0[p + q*64] = x38.s0;
        columns0[p + q*64 + 64] = x38.s1;
        columns0[p + q*64 + 128] = x38.s2;
        columns0[p + q*64 + 192] = x38.s3;
        columns0[p + q*64 + 256] = x38.s4;
        columns0[p + q*64 + 320] = x38.s5;
        columns0[p + q*64 + 384] = x38.s6;
        columns0[p + q*64 + 448] = x38.s7;
        columns0[p + q*64 + 512] = x38.s8;
        columns0[p + q*64 + 576] = x38.s9;
        columns0[p + q*64 + 640] = x38.sa;
        columns0[p + q*64 + 704] = x38.sb;
        columns0[p + q*64 + 768] = x38.sc;
        columns0[p + q*64 + 832] = x38.sd;
        columns0[p + q*64 + 896] = x38.se;
        columns0[p + q*64 + 960] = x38.sf;
      }
    }
    for (int p = 0; p < 6; p++) {
      const int j = p + 64;
      for (int q = 0; q < 16; q += 16) {
        const int e0 = q;
        const float16 x39 = vload16(0, in3 + e0 + j*24 + z*1680);
        vstore16(x39, 0, panel0 + p*32 + q);
      }
      for (int q = 16; q < 24; q++) {
        const int e0 = q;
        const float x40 = in3[e0 + j*24 + z*1680];
        panel0[p*32 + q] = x40;
      }
    }
    #pragma clang loop vectorize(disable)
    for (int t = g0*5; t < min((int)(g0*5 + 5), (int)17); t++) {
      for (int c = 0; c < 16; c += 16) {
        float16 c0_0 = (float16)(0.0f);
        float16 c1_0 = (float16)(0.0f);
        float16 c2_0 = (float16)(0.0f);
        float16 c3_0 = (float16)(0.0f);
        float16 c4_0 = (float16)(0.0f);
        float16 c5_0 = (float16)(0.0f);
        __local const float* row_0 = rows0 + t*96 - g0*480;
        __local const float* row_1 = rows0 + t*96 - g0*480 + 16;
        __local const float* row_2 = rows0 + t*96 - g0*480 + 32;
        __local const float* row_3 = rows0 + t*96 - g0*480 + 48;
        __local const float* row_4 = rows0 + t*96 - g0*480 + 64;
        __local const float* row_5 = rows0 + t*96 - g0*480 + 80;
        __local const float* from = columns0 + c;
        for (int k = 0; k < 16; k++) {
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
        vstore16(c0_0, 0, tile0 + c);
        vstore16(c1_0, 0, tile0 + c + 64);
        vstore16(c2_0, 0, tile0 + c + 128);
        vstore16(c3_0, 0, tile0 + c + 192);
        vstore16(c4_0, 0, tile0 + c + 256);
        vstore16(c5_0, 0, tile0 + c + 320);
      }
      #pragma clang loop vectorize(disable)
      for (int r = 0; r < 6; r++) {
        const int i = min((int)(t*6 + r), (int)99);
        float acc41 = (-INFINITY);
        #pragma clang loop vectorize(disable)
        for (int q = 0; q < 6; q++) {
          const int seen = q + 64;
          const float x42 = tile0[r*64 + q];
          const float mul_43 = x42 * a12;
          const float x44 = in2[seen + i*70];
          const float add_45 = mul_43 + x44;
          acc41 = (((acc41 > add_45) || isnan(acc41)) ? acc41 : add_45);
          tile0[r*64 + q] = add_45;
        }
        const float x46 = peaks[t*6 - g0*30 + r];
        const float x47 = shifts[t*6 - g0*30 + r];
        const float maximum_48 = (((x46 > acc41) || isnan(x46)) ? x46 : acc41);
        const float c49 = (-INFINITY);
        const float c50 = 0.0f;
        const int eq_51 = -(maximum_48 == c49);
        const float where_52 = (eq_51 ? c50 : maximum_48);
        const float sub_53 = x47 - where_52;
        const float exp_54 = lg_exp_1(sub_53);
        const int eq_55 = -(x46 == c49);
        const float where_56 = (eq_55 ? c50 : exp_54);
        peaks[t*6 - g0*30 + r] = maximum_48;
        shifts[t*6 - g0*30 + r] = where_52;
        scale[r] = where_56;
        float acc57 = 0.0f;
        #pragma clang loop vectorize(disable)
        for (int q = 0; q < 6; q++) {
          const int j = q + 64;
          const float x58 = tile0[r*64 + q];
          const float sub_59 = x58 - where_52;
          const float exp_60 = lg_exp_1(sub_59);
          acc57 = acc57 + exp_60;
          tile0[r*64 + q] = exp_60;
        }
        const float x61 = totals[t*6 - g0*30 + r];
        const float mul_62 = x61 * where_56;
        const float add_63 = mul_62 + acc57;
        totals[t*6 - g0*30 + r] = add_63;
      }
      for (int c = 0; c < 32; c += 32) {
        float16 c0_0 = vload16(0, sums0 + t*192 - g0*960 + c);
        float16 c0_1 = vload16(0, sums0 + t*192 - g0*960 + c + 16);
        const float16 f_0 = (float16)(scale[0]);
        c0_0 = c0_0 * f_0;
        c0_1 = c0_1 * f_0;
        float16 c1_0 = vload16(0, sums0 + t*192 - g0*960 + c + 32);
        float16 c1_1 = vload16(0, sums0 + t*192 - g0*960 + c + 48);
        const float16 f_1 = (float16)(scale[1]);
        c1_0 = c1_0 * f_1;
        c1_1 = c1_1 * f_1;
        float16 c2_0 = vload16(0, sums0 + t*192 - g0*960 + c + 64);
        float16 c2_1 = vload16(0, sums0 + t*192 - g0*960 + c + 80);
        const float16 f_2 = (float16)(scale[2]);
        c2_0 = c2_0 * f_2;
        c2_1 = c2_1 * f_2;
        float16 c3_0 = vload16(0, sums0 + t*192 - g0*960 + c + 96);
        float16 c3_1 = vload16(0, sums0 + t*192 - g0*960 + c + 112);
        const float16 f_3 = (float16)(scale[3]);
        c3_0 = c3_0 * f_3;
        c3_1 = c3_1 * f_3;
        float16 c4_0 = vload16(0, sums0 + t*192 - g0*960 + c + 128);
        float16 c4_1 = vload16(0, sums0 + t*192 - g0*960 + c + 144);
        const float16 f_4 = (float16)(scale[4]);
        c4_0 = c4_0 * f_4;
        c4_1 = c4_1 * f_4;
        float16 c5_0 = vload16(0, sums0 + t*192 - g0*960 + c + 160);
        float16 c5_1 = vload16(0, sums0 + t*192 - g0*960 + c + 176);
        const float16 f_5 = (float16)(scale[5]);
        c5_0 = c5_0 * f_5;
        c5_1 = c5_1 * f_5;
        __local const float* row_0 = tile0 + 0;
        __local const float* row_1 = tile0 + 64;
        __local const float* row_2 = tile0 + 128;
        __local const float* row_3 = tile0 + 192;
        __local const float* row_4 = tile0 + 256;
        __local const float* row_5 = tile0 + 320;
        __local const float* from = panel0 + c;
        for (int k = 0; k < 6; k++) {
          const float16 b_0 = vload16(0, from + k*32);
          const float16 b_1 = vload16(0, from + k*32 + 16);
          const float16 a_0 = (float16)(row_0[k]);
          c0_0 = fma(a_0, b_0, c0_0);
          c0_1 = fma(a_0, b_1, c0_1);
          const float16 a_1 = (float16)(row_1[k]);
          c1_0 = fma(a_1, b_0, c1_0);
          c1_1 = fma(a_1, b_1, c1_1);
          const float16 a_2 = (float16)(row_2[k]);
          c2_0 = fma(a_2, b_0, c2_0);
          c2_1 = fma(a_2, b_1, c2_1);
          const float16 a_3 = (float16)(row_3[k]);
          c3_0 = fma(a_3, b_0, c3_0);
          c3_1 = fma(a_3, b_1, c3_1);
          const float16 a_4 = (float16)(row_4[k]);
          c4_0 = fma(a_4, b_0, c4_0);
          c4_1 = fma(a_4, b_1, c4_1);
          const float16 a_5 = (float16)(row_5[k]);
          c5_0 = fma(a_5, b_0, c5_0);
          c5_1 = fma(a_5, b_1, c5_1);
        }
        vstore16(c0_0, 0, sums0 + t*192 - g0*960 + c);
        vstore16(c0_1, 0, sums0 + t*192 - g0*960 + c + 16);
        vstore16(c1_0, 0, sums0 + t*192 - g0*960 + c + 32);
        vstore16(c1_1, 0, sums0 + t*192 - g0*960 + c + 48);
        vstore16(c2_0, 0, sums0 + t*192 - g0*960 + c + 64);
        vstore16(c2_1, 0, sums0 + t*192 - g0*960 + c + 80);
        vstore16(c3_0, 0, sums0 + t*192 - g0*960 + c + 96);
        vstore16(c3_1, 0, sums0 + t*192 - g0*960 + c + 112);
        vstore16(c4_0, 0, sums0 + t*192 - g0*960 + c + 128);
        vstore16(c4_1, 0, sums0 + t*192 - g0*960 + c + 144);
        vstore16(c5_0, 0, sums0 + t*192 - g0*960 + c + 160);
        vstore16(c5_1, 0, sums0 + t*192 - g0*960 + c + 176);
      }
    }
  }
  for (int i = g0*30; i < min((int)(g0*30 + 30), (int)100); i++) {
    const float x64 = totals[i - g0*30];
    const float x65 = peaks[i - g0*30];
    const float c66 = 0.0f;
    const float c67 = (-INFINITY);
    const float sub_68 = x65 - x65;
    const float exp_69 = lg_exp_1(sub_68);
    const int eq_70 = -(x65 == c67);
    const float where_71 = (eq_70 ? exp_69 : c66);
    const float add_72 = x64 + where_71;
    for (int q = 0; q < 16; q += 16) {
      const int e0 = q;
      const float16 x73 = vload16(0, sums0 + i*32 - g0*960 + q);
      const float16 n74 = (float16)(add_72);
      const float16 x75 = x73 / n74;
      vstore16(x75, 0, out0 + e0 + i*24 + z*2400);
    }
    for (int q = 16; q < 24; q++) {
      const int e0 = q;
      const float x76 = sums0[i*32 - g0*960 + q];
      const float x77 = x76 / add_72;
      out0[e0 + i*24 + z*2400] = x77;
    }
  }
}
