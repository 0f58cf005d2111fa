__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_max_exp_sum_2x100x70_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2, __global const float* restrict in3, const float s0) {
  __local float rows0[480] __attribute__((aligned(64)));
  __local float columns0[1280] __attribute__((aligned(64)));
  __local float panel0[2560] __attribute__((aligned(64)));
  __local float sums0[960] __attribute__((aligned(64)));
  __local float tile0[480] __attribute__((aligned(64)));
  __local float peaks[30] __attribute__((aligned(64)));
  __local float shifts[30] __attribute__((aligned(64)));
  __local float totals[480] __attribute__((aligned(64)));
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
  for (int q = 0; q < 2560; q += 16) {
    const float16 zero3 = (float16)(0.0f);
    vstore16(zero3, 0, panel0 + q);
  }
  for (int q = 0; q < 1280; q += 16) {
    const float16 zero4 = (float16)(0.0f);
    vstore16(zero4, 0, columns0 + q);
  }
  for (int q = 0; q < 480; q += 16) {
    const float16 zero5 = (float16)(0.0f);
    vstore16(zero5, 0, totals + q);
  }
  for (int p = 0; p < 30; p++) {
    const float c6 = (-INFINITY);
    peaks[p] = c6;
    const float c7 = 0.0f;
    shifts[p] = c7;
  }
  const float a14 = s0;
  const float16 v15 = (float16)(a14);
  {
    for (int p = 0; p < 70; p++) {
      const int j = p;
      for (int q = 0; q < 16; q += 16) {
        const int d0 = q;
        const float16 x8 = vload16(0, in1 + d0 + j*16 + z*1120);
        columns0[p + q*80] = x8.s0;
        columns0[p + q*80 + 80] = x8.s1;
        columns0[p + q*80 + 160] = x8.s2;
        columns0[p + q*80 + 240] = x8.s3;
        columns0[p + q*80 + 320] = x8.s4;
        columns0[p + q*80 + 400] = x8.s5;
        columns0[p + q*80 + 480] = x8.s6;
        columns0[p + q*80 + 560] = x8.s7;
        columns0[p + q*80 + 640] = x8.s8;
        columns0[p + q*80 + 720] = x8.s9;
        columns0[p + q*80 + 800] = x8.sa;
        columns0[p + q*80 + 880] = x8.sb;
        columns0[p + q*80 + 960] = x8.sc;
        columns0[p + q*80 + 1040] = x8.sd;
        columns0[p + q*80 + 1120] = x8.se;
        columns0[p + q*80 + 1200] = x8.sf;
      }
    }
    for (int p = 0; p < 70; p++) {
      const int j = p;
      for (int q = 0; q < 16; q += 16) {
        const int e0 = q;
        const float16 x9 = vload16(0, in3 + e0 + j*24 + z*1680);
        vstore16(x9, 0, panel0 + p*32 + q);
      }
      for (int q = 16; q < 24; q++) {
        const int e0 = q;
        const float x10 = in3[e0 + j*24 + z*1680];
        panel0[p*32 + q] = x10;
      }
    }
    #pragma clang loop vectorize(disable)
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
          const float16 b_0 = vload16(0, from + k*80);
          const float16 b_1 = vload16(0, from + k*80 + 16);
          const float16 b_2 = vload16(0, from + k*80 + 32);
          const float16 b_3 = vload16(0, from + k*80 + 48);
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
        vstore16(c1_0, 0, tile0 + c + 80);
        vstore16(c1_1, 0, tile0 + c + 96);
        vstore16(c1_2, 0, tile0 + c + 112);
        vstore16(c1_3, 0, tile0 + c + 128);
        vstore16(c2_0, 0, tile0 + c + 160);
        vstore16(c2_1, 0, tile0 + c + 176);
        vstore16(c2_2, 0, tile0 + c + 192);
        vstore16(c2_3, 0, tile0 + c + 208);
        vstore16(c3_0, 0, tile0 + c + 240);
        vstore16(c3_1, 0, tile0 + c + 256);
        vstore16(c3_2, 0, tile0 + c + 272);
        vstore16(c3_3, 0, tile0 + c + 288);
        vstore16(c4_0, 0, tile0 + c + 320);
        vstore16(c4_1, 0, tile0 + c + 336);
        vstore16(c4_2, 0, tile0 + c + 352);
        vstore16(c4_3, 0, tile0 + c + 368);
        vstore16(c5_0, 0, tile0 + c + 400);
        vstore16(c5_1, 0, tile0 + c + 416);
        vstore16(c5_2, 0, tile0 + c + 432);
        vstore16(c5_3, 0, tile0 + c + 448);
      }
      for (int c = 64; c < 80; c += 16) {
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
          const float16 b_0 = vload16(0, from + k*80);
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
        vstore16(c1_0, 0, tile0 + c + 80);
        vstore16(c2_0, 0, tile0 + c + 160);
        vstore16(c3_0, 0, tile0 + c + 240);
        vstore16(c4_0, 0, tile0 + c + 320);
        vstore16(c5_0, 0, tile0 + c + 400);
      }
      #pragma clang loop vectorize(disable)
      for (int r = 0; r < 6; r++) {
        const int i = min((int)(t*6 + r), (int)99);
        float16 acc11 = (float16)((-INFINITY));
        float acc12 = (-INFINITY);
        for (int q = 0; q < 64; q += 16) {
          const int seen = q;
          const float16 x13 = vload16(0, tile0 + r*80 + q);
          const float16 mul_16 = x13 * v15;
          const float16 x17 = vload16(0, in2 + seen + i*70);
          const float16 add_18 = mul_16 + x17;
          acc11 = (((acc11 > add_18) | isnan(acc11)) ? acc11 : add_18);
          vstore16(add_18, 0, tile0 + r*80 + q);
        }
        #pragma clang loop vectorize(disable)
        for (int q = 64; q < 70; q++) {
          const int seen = q;
          const float x19 = tile0[r*80 + q];
          const float mul_20 = x19 * a14;
          const float x21 = in2[seen + i*70];
          const float add_22 = mul_20 + x21;
          acc12 = (((acc12 > add_22) || isnan(acc12)) ? acc12 : add_22);
          tile0[r*80 + q] = add_22;
        }
        const float x23 = peaks[t*6 - g0*30 + r];
        const float x24 = shifts[t*6 - g0*30 + r];
        float h25;
        float8 h25_8; { const float8 l = acc11.lo, h = acc11.hi; h25_8 = (((l > h) | isnan(l)) ? l : h); }
        float4 h25_4; { const float4 l = h25_8.lo, h = h25_8.hi; h25_4 = (((l > h) | isnan(l)) ? l : h); }
        float2 h25_2; { const float2 l = h25_4.lo, h = h25_4.hi; h25_2 = (((l > h) | isnan(l)) ? l : h); }
        { const float l = h25_2.s0, h = h25_2.s1; h25 = (((l > h) || isnan(l)) ? l : h); }
        const float h26 = (((h25 > acc12) || isnan(h25)) ? h25 : acc12);
        const float maximum_27 = (((x23 > h26) || isnan(x23)) ? x23 : h26);
        const float c28 = (-INFINITY);
        const float c29 = 0.0f;
        const int eq_30 = -(maximum_27 == c28);
        const float where_31 = (eq_30 ? c29 : maximum_27);
        const float sub_32 = x24 - where_31;
        const float exp_33 = lg_exp_1(sub_32);
        const int eq_34 = -(x23 == c28);
        const float where_35 = (eq_34 ? c29 : exp_33);
        peaks[t*6 - g0*30 + r] = maximum_27;
        shifts[t*6 - g0*30 + r] = where_31;
        scale[r] = where_35;
        float16 acc36 = (float16)(0.0f);
        float acc37 = 0.0f;
        for (int q = 0; q < 64; q += 16) {
          const int j = q;
          const float16 x38 = vload16(0, tile0 + r*80 + q);
          const float16 v39 = (float16)(where_31);
          const float16 sub_40 = x38 - v39;
          const float16 exp_41 = lg_exp_16(sub_40);
          acc36 = acc36 + exp_41;
          vstore16(exp_41, 0, tile0 + r*80 + q);
        }
        #pragma clang loop vectorize(disable)
        for (int q = 64; q < 70; q++) {
          const int j = q;
          const float x42 = tile0[r*80 + q];
          const float sub_43 = x42 - where_31;
          const float exp_44 = lg_exp_1(sub_43);
          acc37 = acc37 + exp_44;
          tile0[r*80 + q] = exp_44;
        }
        const float16 x45 = vload16(0, totals + t*96 - g0*480 + r*16);
        const float16 v46 = (float16)(where_35);
        const float16 mul_47 = x45 * v46;
        const float16 add_48 = mul_47 + acc36;
        vstore16(add_48, 0, totals + t*96 - g0*480 + r*16);
        const float x49 = totals[t*96 - g0*480 + r*16];
        const float add_50 = x49 + acc37;
        totals[t*96 - g0*480 + r*16] = add_50;
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
        __local const float* row_1 = tile0 + 80;
        __local const float* row_2 = tile0 + 160;
        __local const float* row_3 = tile0 + 240;
        __local const float* row_4 = tile0 + 320;
        __local const float* row_5 = tile0 + 400;
        __local const float* from = panel0 + c;
        for (int k = 0; k < 70; k++) {
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
    const float16 x51 = vload16(0, totals + i*16 - g0*480);
    float h52;
    float8 h52_8; { const float8 l = x51.lo, h = x51.hi; h52_8 = l + h; }
    float4 h52_4; { const float4 l = h52_8.lo, h = h52_8.hi; h52_4 = l + h; }
    float2 h52_2; { const float2 l = h52_4.lo, h = h52_4.hi; h52_2 = l + h; }
    { const float l = h52_2.s0, h = h52_2.s1; h52 = l + h; }
    const float x53 = peaks[i - g0*30];
    const float c54 = 0.0f;
    const float c55 = (-INFINITY);
    const float sub_56 = x53 - x53;
    const float exp_57 = lg_exp_1(sub_56);
    const int eq_58 = -(x53 == c55);
    const float where_59 = (eq_58 ? exp_57 : c54);
    const float add_60 = h52 + where_59;
    for (int q = 0; q < 16; q += 16) {
      const int e0 = q;
      const float16 x61 = vload16(0, sums0 + i*32 - g0*960 + q);
      const float16 v62 = (float16)(add_60);
      const float16 x63 = x61 / v62;
      vstore16(x63, 0, out0 + e0 + i*24 + z*2400);
    }
    for (int q = 16; q < 24; q++) {
      const int e0 = q;
      const float x64 = sums0[i*32 - g0*960 + q];
      const float x65 = x64 / add_60;
      out0[e0 + i*24 + z*2400] = x65;
    }
  }
}
