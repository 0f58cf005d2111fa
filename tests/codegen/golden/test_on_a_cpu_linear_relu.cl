__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_add_lt_where_64x512_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2) {
  __local float panel[25600] __attribute__((aligned(64)));
  __local float scratch[4224] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int j = g0*64;
  for (int s = 0; s < 400; s++) {
    {
      const int k = s;
      const float16 x1 = vload16(0, in1 + j + k*512);
      vstore16(x1, 0, panel + s*64);
      const float16 x2 = vload16(0, in1 + j + k*512 + 16);
      vstore16(x2, 0, panel + s*64 + 16);
      const float16 x3 = vload16(0, in1 + j + k*512 + 32);
      vstore16(x3, 0, panel + s*64 + 32);
      const float16 x4 = vload16(0, in1 + j + k*512 + 48);
      vstore16(x4, 0, panel + s*64 + 48);
    }
  }
  for (int t = 0; t < 11; t++) {
    const int i0 = min((int)(t*6), (int)58);
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
    __global const float* row_0 = in0 + i0*784;
    __global const float* row_1 = in0 + i0*784 + 784;
    __global const float* row_2 = in0 + i0*784 + 1568;
    __global const float* row_3 = in0 + i0*784 + 2352;
    __global const float* row_4 = in0 + i0*784 + 3136;
    __global const float* row_5 = in0 + i0*784 + 3920;
    for (int kk = 0; kk < 400; kk++) {
      const float16 b_0 = vload16(0, panel + kk*64);
      const float16 b_1 = vload16(0, panel + kk*64 + 16);
      const float16 b_2 = vload16(0, panel + kk*64 + 32);
      const float16 b_3 = vload16(0, panel + kk*64 + 48);
      const float16 a_0 = (float16)(row_0[kk]);
      c0_0 = fma(a_0, b_0, c0_0);
      c0_1 = fma(a_0, b_1, c0_1);
      c0_2 = fma(a_0, b_2, c0_2);
      c0_3 = fma(a_0, b_3, c0_3);
      const float16 a_1 = (float16)(row_1[kk]);
      c1_0 = fma(a_1, b_0, c1_0);
      c1_1 = fma(a_1, b_1, c1_1);
      c1_2 = fma(a_1, b_2, c1_2);
      c1_3 = fma(a_1, b_3, c1_3);
      const float16 a_2 = (float16)(row_2[kk]);
      c2_0 = fma(a_2, b_0, c2_0);
      c2_1 = fma(a_2, b_1, c2_1);
      c2_2 = fma(a_2, b_2, c2_2);
      c2_3 = fma(a_2, b_3, c2_3);
      const float16 a_3 = (float16)(row_3[kk]);
      c3_0 = fma(a_3, b_0, c3_0);
      c3_1 = fma(a_3, b_1, c3_1);
      c3_2 = fma(a_3, b_2, c3_2);
      c3_3 = fma(a_3, b_3, c3_3);
      const float16 a_4 = (float16)(row_4[kk]);
      c4_0 = fma(a_4, b_0, c4_0);
      c4_1 = fma(a_4, b_1, c4_1);
      c4_2 = fma(a_4, b_2, c4_2);
      c4_3 = fma(a_4, b_3, c4_3);
      const float16 a_5 = (float16)(row_5[kk]);
      c5_0 = fma(a_5, b_0, c5_0);
      c5_1 = fma(a_5, b_1, c5_1);
      c5_2 = fma(a_5, b_2, c5_2);
      c5_3 = fma(a_5, b_3, c5_3);
    }
    vstore16(c0_0, 0, scratch + t*384);
    vstore16(c0_1, 0, scratch + t*384 + 16);
    vstore16(c0_2, 0, scratch + t*384 + 32);
    vstore16(c0_3, 0, scratch + t*384 + 48);
    vstore16(c1_0, 0, scratch + t*384 + 64);
    vstore16(c1_1, 0, scratch + t*384 + 80);
    vstore16(c1_2, 0, scratch + t*384 + 96);
    vstore16(c1_3, 0, scratch + t*384 + 112);
    vstore16(c2_0, 0, scratch + t*384 + 128);
    vstore16(c2_1, 0, scratch + t*384 + 144);
    vstore16(c2_2, 0, scratch + t*384 + 160);
    vstore16(c2_3, 0, scratch + t*384 + 176);
    vstore16(c3_0, 0, scratch + t*384 + 192);
    vstore16(c3_1, 0, scratch + t*384 + 208);
    vstore16(c3_2, 0, scratch + t*384 + 224);
    vstore16(c3_3, 0, scratch + t*384 + 240);
    vstore16(c4_0, 0, scratch + t*384 + 256);
    vstore16(c4_1, 0, scratch + t*384 + 272);
    vstore16(c4_2, 0, scratch + t*384 + 288);
    vstore16(c4_3, 0, scratch + t*384 + 304);
    vstore16(c5_0, 0, scratch + t*384 + 320);
    vstore16(c5_1, 0, scratch + t*384 + 336);
    vstore16(c5_2, 0, scratch + t*384 + 352);
    vstore16(c5_3, 0, scratch + t*384 + 368);
  }
  for (int s = 0; s < 384; s++) {
    {
      const int k = s + 400;
      const float16 x5 = vload16(0, in1 + j + k*512);
      vstore16(x5, 0, panel + s*64);
      const float16 x6 = vload16(0, in1 + j + k*512 + 16);
      vstore16(x6, 0, panel + s*64 + 16);
      const float16 x7 = vload16(0, in1 + j + k*512 + 32);
      vstore16(x7, 0, panel + s*64 + 32);
      const float16 x8 = vload16(0, in1 + j + k*512 + 48);
      vstore16(x8, 0, panel + s*64 + 48);
    }
  }
  const float16 x10 = vload16(0, in2 + j);
  const float c12 = 0.0f;
  const float16 v13 = (float16)(c12);
  const float16 x17 = vload16(0, in2 + j + 16);
  const float16 x22 = vload16(0, in2 + j + 32);
  const float16 x27 = vload16(0, in2 + j + 48);
  for (int t = 0; t < 11; t++) {
    const int i0 = min((int)(t*6), (int)58);
    float16 c0_0 = vload16(0, scratch + t*384);
    float16 c0_1 = vload16(0, scratch + t*384 + 16);
    float16 c0_2 = vload16(0, scratch + t*384 + 32);
    float16 c0_3 = vload16(0, scratch + t*384 + 48);
    float16 c1_0 = vload16(0, scratch + t*384 + 64);
    float16 c1_1 = vload16(0, scratch + t*384 + 80);
    float16 c1_2 = vload16(0, scratch + t*384 + 96);
    float16 c1_3 = vload16(0, scratch + t*384 + 112);
    float16 c2_0 = vload16(0, scratch + t*384 + 128);
    float16 c2_1 = vload16(0, scratch + t*384 + 144);
    float16 c2_2 = vload16(0, scratch + t*384 + 160);
    float16 c2_3 = vload16(0, scratch + t*384 + 176);
    float16 c3_0 = vload16(0, scratch + t*384 + 192);
    float16 c3_1 = vload16(0, scratch + t*384 + 208);
    float16 c3_2 = vload16(0, scratch + t*384 + 224);
    float16 c3_3 = vload16(0, scratch + t*384 + 240);
    float16 c4_0 = vload16(0, scratch + t*384 + 256);
    float16 c4_1 = vload16(0, scratch + t*384 + 272);
    float16 c4_2 = vload16(0, scratch + t*384 + 288);
    float16 c4_3 = vload16(0, scratch + t*384 + 304);
    float16 c5_0 = vload16(0, scratch + t*384 + 320);
    float16 c5_1 = vload16(0, scratch + t*384 + 336);
    float16 c5_2 = vload16(0, scratch + t*384 + 352);
    float16 c5_3 = vload16(0, scratch + t*384 + 368);
    __global const float* row_0 = in0 + i0*784;
    __global const float* row_1 = in0 + i0*784 + 784;
    __global const float* row_2 = in0 + i0*784 + 1568;
    __global const float* row_3 = in0 + i0*784 + 2352;
    __global const float* row_4 = in0 + i0*784 + 3136;
    __global const float* row_5 = in0 + i0*784 + 3920;
    for (int kk = 0; kk < 384; kk++) {
      const float16 b_0 = vload16(0, panel + kk*64);
      const float16 b_1 = vload16(0, panel + kk*64 + 16);
      const float16 b_2 = vload16(0, panel + kk*64 + 32);
      const float16 b_3 = vload16(0, panel + kk*64 + 48);
      const float16 a_0 = (float16)(row_0[kk + 400]);
      c0_0 = fma(a_0, b_0, c0_0);
      c0_1 = fma(a_0, b_1, c0_1);
      c0_2 = fma(a_0, b_2, c0_2);
      c0_3 = fma(a_0, b_3, c0_3);
      const float16 a_1 = (float16)(row_1[kk + 400]);
      c1_0 = fma(a_1, b_0, c1_0);
      c1_1 = fma(a_1, b_1, c1_1);
      c1_2 = fma(a_1, b_2, c1_2);
      c1_3 = fma(a_1, b_3, c1_3);
      const float16 a_2 = (float16)(row_2[kk + 400]);
      c2_0 = fma(a_2, b_0, c2_0);
      c2_1 = fma(a_2, b_1, c2_1);
      c2_2 = fma(a_2, b_2, c2_2);
      c2_3 = fma(a_2, b_3, c2_3);
      const float16 a_3 = (float16)(row_3[kk + 400]);
      c3_0 = fma(a_3, b_0, c3_0);
      c3_1 = fma(a_3, b_1, c3_1);
      c3_2 = fma(a_3, b_2, c3_2);
      c3_3 = fma(a_3, b_3, c3_3);
      const float16 a_4 = (float16)(row_4[kk + 400]);
      c4_0 = fma(a_4, b_0, c4_0);
      c4_1 = fma(a_4, b_1, c4_1);
      c4_2 = fma(a_4, b_2, c4_2);
      c4_3 = fma(a_4, b_3, c4_3);
      const float16 a_5 = (float16)(row_5[kk + 400]);
      c5_0 = fma(a_5, b_0, c5_0);
      c5_1 = fma(a_5, b_1, c5_1);
      c5_2 = fma(a_5, b_2, c5_2);
      c5_3 = fma(a_5, b_3, c5_3);
    }
    vstore16(c0_0, 0, scratch + t*384);
    vstore16(c0_1, 0, scratch + t*384 + 16);
    vstore16(c0_2, 0, scratch + t*384 + 32);
    vstore16(c0_3, 0, scratch + t*384 + 48);
    vstore16(c1_0, 0, scratch + t*384 + 64);
    vstore16(c1_1, 0, scratch + t*384 + 80);
    vstore16(c1_2, 0, scratch + t*384 + 96);
    vstore16(c1_3, 0, scratch + t*384 + 112);
    vstore16(c2_0, 0, scratch + t*384 + 128);
    vstore16(c2_1, 0, scratch + t*384 + 144);
    vstore16(c2_2, 0, scratch + t*384 + 160);
    vstore16(c2_3, 0, scratch + t*384 + 176);
    vstore16(c3_0, 0, scratch + t*384 + 192);
    vstore16(c3_1, 0, scratch + t*384 + 208);
    vstore16(c3_2, 0, scratch + t*384 + 224);
    vstore16(c3_3, 0, scratch + t*384 + 240);
    vstore16(c4_0, 0, scratch + t*384 + 256);
    vstore16(c4_1, 0, scratch + t*384 + 272);
    vstore16(c4_2, 0, scratch + t*384 + 288);
    vstore16(c4_3, 0, scratch + t*384 + 304);
    vstore16(c5_0, 0, scratch + t*384 + 320);
    vstore16(c5_1, 0, scratch + t*384 + 336);
    vstore16(c5_2, 0, scratch + t*384 + 352);
    vstore16(c5_3, 0, scratch + t*384 + 368);
    for (int r = 0; r < 6; r++) {
      const int i = i0 + r;
      {
        const float16 c9 = vload16(0, scratch + t*384 + r*64);
        const float16 add_11 = c9 + x10;
        const int16 lt_14 = add_11 < v13;
        const float16 where_15 = (lt_14 ? v13 : add_11);
        vstore16(where_15, 0, out0 + j + i*512);
      }
      {
        const float16 c16 = vload16(0, scratch + t*384 + r*64 + 16);
        const float16 add_18 = c16 + x17;
        const int16 lt_19 = add_18 < v13;
        const float16 where_20 = (lt_19 ? v13 : add_18);
        vstore16(where_20, 0, out0 + j + i*512 + 16);
      }
      {
        const float16 c21 = vload16(0, scratch + t*384 + r*64 + 32);
        const float16 add_23 = c21 + x22;
        const int16 lt_24 = add_23 < v13;
        const float16 where_25 = (lt_24 ? v13 : add_23);
        vstore16(where_25, 0, out0 + j + i*512 + 32);
      }
      {
        const float16 c26 = vload16(0, scratch + t*384 + r*64 + 48);
        const float16 add_28 = c26 + x27;
        const int16 lt_29 = add_28 < v13;
        const float16 where_30 = (lt_29 ? v13 : add_28);
        vstore16(where_30, 0, out0 + j + i*512 + 48);
      }
    }
  }
}
