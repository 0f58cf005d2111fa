__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_add_lt_where_64x512_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2) {
  __local float panel[7360] __attribute__((aligned(64)));
  __local float scratch[288] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int g1 = get_global_id(1);
  const int j = g0*16;
  for (int s = 0; s < 460; s++) {
    {
      const int k = s;
      const float4 x1 = vload4(0, in1 + j + k*512);
      vstore4(x1, 0, panel + s*16);
      const float4 x2 = vload4(0, in1 + j + k*512 + 4);
      vstore4(x2, 0, panel + s*16 + 4);
      const float4 x3 = vload4(0, in1 + j + k*512 + 8);
      vstore4(x3, 0, panel + s*16 + 8);
      const float4 x4 = vload4(0, in1 + j + k*512 + 12);
      vstore4(x4, 0, panel + s*16 + 12);
    }
  }
  for (int t = g1*3; t < min((int)(g1*3 + 3), (int)11); t++) {
    const int i0 = min((int)(t*6), (int)58);
    float4 c0_0 = (float4)(0.0f);
    float4 c0_1 = (float4)(0.0f);
    float4 c0_2 = (float4)(0.0f);
    float4 c0_3 = (float4)(0.0f);
    float4 c1_0 = (float4)(0.0f);
    float4 c1_1 = (float4)(0.0f);
    float4 c1_2 = (float4)(0.0f);
    float4 c1_3 = (float4)(0.0f);
    float4 c2_0 = (float4)(0.0f);
    float4 c2_1 = (float4)(0.0f);
    float4 c2_2 = (float4)(0.0f);
    float4 c2_3 = (float4)(0.0f);
    float4 c3_0 = (float4)(0.0f);
    float4 c3_1 = (float4)(0.0f);
    float4 c3_2 = (float4)(0.0f);
    float4 c3_3 = (float4)(0.0f);
    float4 c4_0 = (float4)(0.0f);
    float4 c4_1 = (float4)(0.0f);
    float4 c4_2 = (float4)(0.0f);
    float4 c4_3 = (float4)(0.0f);
    float4 c5_0 = (float4)(0.0f);
    float4 c5_1 = (float4)(0.0f);
    float4 c5_2 = (float4)(0.0f);
    float4 c5_3 = (float4)(0.0f);
    const int a0 = i0*784;
    const int a1 = i0*784 + 784;
    const int a2 = i0*784 + 1568;
    const int a3 = i0*784 + 2352;
    const int a4 = i0*784 + 3136;
    const int a5 = i0*784 + 3920;
    for (int kk = 0; kk < 460; kk++) {
      const float4 b0 = vload4(0, panel + kk*16);
      const float4 b1 = vload4(0, panel + kk*16 + 4);
      const float4 b2 = vload4(0, panel + kk*16 + 8);
      const float4 b3 = vload4(0, panel + kk*16 + 12);
      const float4 x0 = (float4)(in0[a0 + kk]);
      c0_0 = fma(x0, b0, c0_0);
      c0_1 = fma(x0, b1, c0_1);
      c0_2 = fma(x0, b2, c0_2);
      c0_3 = fma(x0, b3, c0_3);
      const float4 x1 = (float4)(in0[a1 + kk]);
      c1_0 = fma(x1, b0, c1_0);
      c1_1 = fma(x1, b1, c1_1);
      c1_2 = fma(x1, b2, c1_2);
      c1_3 = fma(x1, b3, c1_3);
      const float4 x2 = (float4)(in0[a2 + kk]);
      c2_0 = fma(x2, b0, c2_0);
      c2_1 = fma(x2, b1, c2_1);
      c2_2 = fma(x2, b2, c2_2);
      c2_3 = fma(x2, b3, c2_3);
      const float4 x3 = (float4)(in0[a3 + kk]);
      c3_0 = fma(x3, b0, c3_0);
      c3_1 = fma(x3, b1, c3_1);
      c3_2 = fma(x3, b2, c3_2);
      c3_3 = fma(x3, b3, c3_3);
      const float4 x4 = (float4)(in0[a4 + kk]);
      c4_0 = fma(x4, b0, c4_0);
      c4_1 = fma(x4, b1, c4_1);
      c4_2 = fma(x4, b2, c4_2);
      c4_3 = fma(x4, b3, c4_3);
      const float4 x5 = (float4)(in0[a5 + kk]);
      c5_0 = fma(x5, b0, c5_0);
      c5_1 = fma(x5, b1, c5_1);
      c5_2 = fma(x5, b2, c5_2);
      c5_3 = fma(x5, b3, c5_3);
    }
    vstore4(c0_0, 0, scratch + t*96 - g1*288);
    vstore4(c0_1, 0, scratch + t*96 - g1*288 + 4);
    vstore4(c0_2, 0, scratch + t*96 - g1*288 + 8);
    vstore4(c0_3, 0, scratch + t*96 - g1*288 + 12);
    vstore4(c1_0, 0, scratch + t*96 - g1*288 + 16);
    vstore4(c1_1, 0, scratch + t*96 - g1*288 + 20);
    vstore4(c1_2, 0, scratch + t*96 - g1*288 + 24);
    vstore4(c1_3, 0, scratch + t*96 - g1*288 + 28);
    vstore4(c2_0, 0, scratch + t*96 - g1*288 + 32);
    vstore4(c2_1, 0, scratch + t*96 - g1*288 + 36);
    vstore4(c2_2, 0, scratch + t*96 - g1*288 + 40);
    vstore4(c2_3, 0, scratch + t*96 - g1*288 + 44);
    vstore4(c3_0, 0, scratch + t*96 - g1*288 + 48);
    vstore4(c3_1, 0, scratch + t*96 - g1*288 + 52);
    vstore4(c3_2, 0, scratch + t*96 - g1*288 + 56);
    vstore4(c3_3, 0, scratch + t*96 - g1*288 + 60);
    vstore4(c4_0, 0, scratch + t*96 - g1*288 + 64);
    vstore4(c4_1, 0, scratch + t*96 - g1*288 + 68);
    vstore4(c4_2, 0, scratch + t*96 - g1*288 + 72);
    vstore4(c4_3, 0, scratch + t*96 - g1*288 + 76);
    vstore4(c5_0, 0, scratch + t*96 - g1*288 + 80);
    vstore4(c5_1, 0, scratch + t*96 - g1*288 + 84);
    vstore4(c5_2, 0, scratch + t*96 - g1*288 + 88);
    vstore4(c5_3, 0, scratch + t*96 - g1*288 + 92);
  }
  for (int s = 0; s < 324; s++) {
    {
      const int k = s + 460;
      const float4 x5 = vload4(0, in1 + j + k*512);
      vstore4(x5, 0, panel + s*16);
      const float4 x6 = vload4(0, in1 + j + k*512 + 4);
      vstore4(x6, 0, panel + s*16 + 4);
      const float4 x7 = vload4(0, in1 + j + k*512 + 8);
      vstore4(x7, 0, panel + s*16 + 8);
      const float4 x8 = vload4(0, in1 + j + k*512 + 12);
      vstore4(x8, 0, panel + s*16 + 12);
    }
  }
  const float4 x9 = vload4(0, in2 + j);
  const float c11 = 0.0f;
  const float4 v12 = (float4)(c11);
  const float4 x15 = vload4(0, in2 + j + 4);
  const float4 x19 = vload4(0, in2 + j + 8);
  const float4 x23 = vload4(0, in2 + j + 12);
  for (int t = g1*3; t < min((int)(g1*3 + 3), (int)11); t++) {
    const int i0 = min((int)(t*6), (int)58);
    float4 c0_0 = vload4(0, scratch + t*96 - g1*288);
    float4 c0_1 = vload4(0, scratch + t*96 - g1*288 + 4);
    float4 c0_2 = vload4(0, scratch + t*96 - g1*288 + 8);
    float4 c0_3 = vload4(0, scratch + t*96 - g1*288 + 12);
    float4 c1_0 = vload4(0, scratch + t*96 - g1*288 + 16);
    float4 c1_1 = vload4(0, scratch + t*96 - g1*288 + 20);
    float4 c1_2 = vload4(0, scratch + t*96 - g1*288 + 24);
    float4 c1_3 = vload4(0, scratch + t*96 - g1*288 + 28);
    float4 c2_0 = vload4(0, scratch + t*96 - g1*288 + 32);
    float4 c2_1 = vload4(0, scratch + t*96 - g1*288 + 36);
    float4 c2_2 = vload4(0, scratch + t*96 - g1*288 + 40);
    float4 c2_3 = vload4(0, scratch + t*96 - g1*288 + 44);
    float4 c3_0 = vload4(0, scratch + t*96 - g1*288 + 48);
    float4 c3_1 = vload4(0, scratch + t*96 - g1*288 + 52);
    float4 c3_2 = vload4(0, scratch + t*96 - g1*288 + 56);
    float4 c3_3 = vload4(0, scratch + t*96 - g1*288 + 60);
    float4 c4_0 = vload4(0, scratch + t*96 - g1*288 + 64);
    float4 c4_1 = vload4(0, scratch + t*96 - g1*288 + 68);
    float4 c4_2 = vload4(0, scratch + t*96 - g1*288 + 72);
    float4 c4_3 = vload4(0, scratch + t*96 - g1*288 + 76);
    float4 c5_0 = vload4(0, scratch + t*96 - g1*288 + 80);
    float4 c5_1 = vload4(0, scratch + t*96 - g1*288 + 84);
    float4 c5_2 = vload4(0, scratch + t*96 - g1*288 + 88);
    float4 c5_3 = vload4(0, scratch + t*96 - g1*288 + 92);
    const int a0 = i0*784;
    const int a1 = i0*784 + 784;
    const int a2 = i0*784 + 1568;
    const int a3 = i0*784 + 2352;
    const int a4 = i0*784 + 3136;
    const int a5 = i0*784 + 3920;
    for (int kk = 0; kk < 324; kk++) {
      const float4 b0 = vload4(0, panel + kk*16);
      const float4 b1 = vload4(0, panel + kk*16 + 4);
      const float4 b2 = vload4(0, panel + kk*16 + 8);
      const float4 b3 = vload4(0, panel + kk*16 + 12);
      const float4 x0 = (float4)(in0[a0 + kk + 460]);
      c0_0 = fma(x0, b0, c0_0);
      c0_1 = fma(x0, b1, c0_1);
      c0_2 = fma(x0, b2, c0_2);
      c0_3 = fma(x0, b3, c0_3);
      const float4 x1 = (float4)(in0[a1 + kk + 460]);
      c1_0 = fma(x1, b0, c1_0);
      c1_1 = fma(x1, b1, c1_1);
      c1_2 = fma(x1, b2, c1_2);
      c1_3 = fma(x1, b3, c1_3);
      const float4 x2 = (float4)(in0[a2 + kk + 460]);
      c2_0 = fma(x2, b0, c2_0);
      c2_1 = fma(x2, b1, c2_1);
      c2_2 = fma(x2, b2, c2_2);
      c2_3 = fma(x2, b3, c2_3);
      const float4 x3 = (float4)(in0[a3 + kk + 460]);
      c3_0 = fma(x3, b0, c3_0);
      c3_1 = fma(x3, b1, c3_1);
      c3_2 = fma(x3, b2, c3_2);
      c3_3 = fma(x3, b3, c3_3);
      const float4 x4 = (float4)(in0[a4 + kk + 460]);
      c4_0 = fma(x4, b0, c4_0);
      c4_1 = fma(x4, b1, c4_1);
      c4_2 = fma(x4, b2, c4_2);
      c4_3 = fma(x4, b3, c4_3);
      const float4 x5 = (float4)(in0[a5 + kk + 460]);
      c5_0 = fma(x5, b0, c5_0);
      c5_1 = fma(x5, b1, c5_1);
      c5_2 = fma(x5, b2, c5_2);
      c5_3 = fma(x5, b3, c5_3);
    }
    {
      const int i = i0;
      const float4 add_10 = c0_0 + x9;
      const int4 lt_13 = add_10 < v12;
      const float4 where_14 = (lt_13 ? v12 : add_10);
      vstore4(where_14, 0, out0 + j + i*512);
      const float4 add_16 = c0_1 + x15;
      const int4 lt_17 = add_16 < v12;
      const float4 where_18 = (lt_17 ? v12 : add_16);
      vstore4(where_18, 0, out0 + j + i*512 + 4);
      const float4 add_20 = c0_2 + x19;
      const int4 lt_21 = add_20 < v12;
      const float4 where_22 = (lt_21 ? v12 : add_20);
      vstore4(where_22, 0, out0 + j + i*512 + 8);
      const float4 add_24 = c0_3 + x23;
      const int4 lt_25 = add_24 < v12;
      const float4 where_26 = (lt_25 ? v12 : add_24);
      vstore4(where_26, 0, out0 + j + i*512 + 12);
    }
    {
      const int i = i0 + 1;
      const float4 add_27 = c1_0 + x9;
      const int4 lt_28 = add_27 < v12;
      const float4 where_29 = (lt_28 ? v12 : add_27);
      vstore4(where_29, 0, out0 + j + i*512);
      const float4 add_30 = c1_1 + x15;
      const int4 lt_31 = add_30 < v12;
      const float4 where_32 = (lt_31 ? v12 : add_30);
      vstore4(where_32, 0, out0 + j + i*512 + 4);
      const float4 add_33 = c1_2 + x19;
      const int4 lt_34 = add_33 < v12;
      const float4 where_35 = (lt_34 ? v12 : add_33);
      vstore4(where_35, 0, out0 + j + i*512 + 8);
      const float4 add_36 = c1_3 + x23;
      const int4 lt_37 = add_36 < v12;
      const float4 where_38 = (lt_37 ? v12 : add_36);
      vstore4(where_38, 0, out0 + j + i*512 + 12);
    }
    {
      const int i = i0 + 2;
      const float4 add_39 = c2_0 + x9;
      const int4 lt_40 = add_39 < v12;
      const float4 where_41 = (lt_40 ? v12 : add_39);
      vstore4(where_41, 0, out0 + j + i*512);
      const float4 add_42 = c2_1 + x15;
      const int4 lt_43 = add_42 < v12;
      const float4 where_44 = (lt_43 ? v12 : add_42);
      vstore4(where_44, 0, out0 + j + i*512 + 4);
      const float4 add_45 = c2_2 + x19;
      const int4 lt_46 = add_45 < v12;
      const float4 where_47 = (lt_46 ? v12 : add_45);
      vstore4(where_47, 0, out0 + j + i*512 + 8);
      const float4 add_48 = c2_3 + x23;
      const int4 lt_49 = add_48 < v12;
      const float4 where_50 = (lt_49 ? v12 : add_48);
      vstore4(where_50, 0, out0 + j + i*512 + 12);
    }
    {
      const int i = i0 + 3;
      const float4 add_51 = c3_0 + x9;
      const int4 lt_52 = add_51 < v12;
      const float4 where_53 = (lt_52 ? v12 : add_51);
      vstore4(where_53, 0, out0 + j + i*512);
      const float4 add_54 = c3_1 + x15;
      const int4 lt_55 = add_54 < v12;
      const float4 where_56 = (lt_55 ? v12 : add_54);
      vstore4(where_56, 0, out0 + j + i*512 + 4);
      const float4 add_57 = c3_2 + x19;
      const int4 lt_58 = add_57 < v12;
      const float4 where_59 = (lt_58 ? v12 : add_57);
      vstore4(where_59, 0, out0 + j + i*512 + 8);
      const float4 add_60 = c3_3 + x23;
      const int4 lt_61 = add_60 < v12;
      const float4 where_62 = (lt_61 ? v12 : add_60);
      vstore4(where_62, 0, out0 + j + i*512 + 12);
    }
    {
      const int i = i0 + 4;
      const float4 add_63 = c4_0 + x9;
      const int4 lt_64 = add_63 < v12;
      const float4 where_65 = (lt_64 ? v12 : add_63);
      vstore4(where_65, 0, out0 + j + i*512);
      const float4 add_66 = c4_1 + x15;
      const int4 lt_67 = add_66 < v12;
      const float4 where_68 = (lt_67 ? v12 : add_66);
      vstore4(where_68, 0, out0 + j + i*512 + 4);
      const float4 add_69 = c4_2 + x19;
      const int4 lt_70 = add_69 < v12;
      const float4 where_71 = (lt_70 ? v12 : add_69);
      vstore4(where_71, 0, out0 + j + i*512 + 8);
      const float4 add_72 = c4_3 + x23;
      const int4 lt_73 = add_72 < v12;
      const float4 where_74 = (lt_73 ? v12 : add_72);
      vstore4(where_74, 0, out0 + j + i*512 + 12);
    }
    {
      const int i = i0 + 5;
      const float4 add_75 = c5_0 + x9;
      const int4 lt_76 = add_75 < v12;
      const float4 where_77 = (lt_76 ? v12 : add_75);
      vstore4(where_77, 0, out0 + j + i*512);
      const float4 add_78 = c5_1 + x15;
      const int4 lt_79 = add_78 < v12;
      const float4 where_80 = (lt_79 ? v12 : add_78);
      vstore4(where_80, 0, out0 + j + i*512 + 4);
      const float4 add_81 = c5_2 + x19;
      const int4 lt_82 = add_81 < v12;
      const float4 where_83 = (lt_82 ? v12 : add_81);
      vstore4(where_83, 0, out0 + j + i*512 + 8);
      const float4 add_84 = c5_3 + x23;
      const int4 lt_85 = add_84 < v12;
      const float4 where_86 = (lt_85 ? v12 : add_84);
      vstore4(where_86, 0, out0 + j + i*512 + 12);
    }
  }
}
