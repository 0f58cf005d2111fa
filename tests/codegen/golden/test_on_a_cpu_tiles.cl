__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void linear_exp_3x10x22_f32(__global float* restrict out0, __global const float* restrict in0) {
  for (int row = 0; row < 15; row++) {
    const int i0 = row;
    for (int turn = 0; turn < 2; turn++) {
      const int i2 = min((int)(turn*8), (int)3);
      const float8 x1 = vload8(0, in0 + i2 + i0*11 + 825);
      const float8 x2 = vload8(0, in0 + i2 + i0*11 + 990);
      const float8 add_3 = x1 + x2;
      const float8 x4 = vload8(0, in0 + i2 + i0*11 + 660);
      const float8 add_5 = add_3 + x4;
      const float8 x6 = vload8(0, in0 + i2 + i0*11 + 1485);
      const float8 x7 = vload8(0, in0 + i2 + i0*11 + 1650);
      const float8 add_8 = x6 + x7;
      const float8 x9 = vload8(0, in0 + i2 + i0*11 + 1320);
      const float8 add_10 = add_8 + x9;
      const float8 add_11 = add_5 + add_10;
      const float8 x12 = vload8(0, in0 + i2 + i0*11 + 165);
      const float8 x13 = vload8(0, in0 + i2 + i0*11 + 330);
      const float8 add_14 = x12 + x13;
      const float8 x15 = vload8(0, in0 + i2 + i0*11);
      const float8 add_16 = add_14 + x15;
      const float8 add_17 = add_11 + add_16;
      const float8 exp_18 = lg_exp_8(add_17);
      const float8 sub_19 = x1 - x2;
      const float8 x20 = vload8(0, in0 + i2 + i0*11 + 1155);
      const float8 sub_21 = sub_19 - x20;
      const float8 sub_22 = x6 - x7;
      const float8 x23 = vload8(0, in0 + i2 + i0*11 + 1815);
      const float8 sub_24 = sub_22 - x23;
      const float8 add_25 = sub_21 + sub_24;
      const float8 sub_26 = x12 - x13;
      const float8 x27 = vload8(0, in0 + i2 + i0*11 + 495);
      const float8 sub_28 = sub_26 - x27;
      const float8 add_29 = add_25 + sub_28;
      const float8 exp_30 = lg_exp_8(add_29);
      const float16 z31 = (float16)(exp_18.s0, exp_30.s0, exp_18.s1, exp_30.s1, exp_18.s2, exp_30.s2, exp_18.s3, exp_30.s3, exp_18.s4, exp_30.s4, exp_18.s5, exp_30.s5, exp_18.s6, exp_30.s6, exp_18.s7, exp_30.s7);
      vstore16(z31, 0, out0 + i2*2 + i0*44);
      const float8 sub_32 = add_5 - add_10;
      const float8 x33 = vload8(0, in0 + i2 + i0*11 + 2145);
      const float8 x34 = vload8(0, in0 + i2 + i0*11 + 2310);
      const float8 add_35 = x33 + x34;
      const float8 x36 = vload8(0, in0 + i2 + i0*11 + 1980);
      const float8 add_37 = add_35 + x36;
      const float8 sub_38 = sub_32 - add_37;
      const float8 exp_39 = lg_exp_8(sub_38);
      const float8 sub_40 = sub_21 - sub_24;
      const float8 sub_41 = x33 - x34;
      const float8 x42 = vload8(0, in0 + i2 + i0*11 + 2475);
      const float8 sub_43 = sub_41 - x42;
      const float8 sub_44 = sub_40 - sub_43;
      const float8 exp_45 = lg_exp_8(sub_44);
      const float16 z46 = (float16)(exp_39.s0, exp_45.s0, exp_39.s1, exp_45.s1, exp_39.s2, exp_45.s2, exp_39.s3, exp_45.s3, exp_39.s4, exp_45.s4, exp_39.s5, exp_45.s5, exp_39.s6, exp_45.s6, exp_39.s7, exp_45.s7);
      vstore16(z46, 0, out0 + i2*2 + i0*44 + 22);
    }
  }
}
