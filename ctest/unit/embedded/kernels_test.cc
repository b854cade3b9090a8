// SPDX-License-Identifier: MIT
// Expected values come from a naive computation in double precision and from std::exp.
#include "fixtures/embedded/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "fixtures/embedded/numerics.h"

namespace assay::embedded {
namespace {

std::vector<float> RandomVector(std::uint64_t seed, std::size_t n) {
  SplitMix64 random(seed);
  std::vector<float> values(n);
  for (float& value : values) value = random.NextSigned();
  return values;
}

double NaiveDot(const float* a, const float* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

TEST(SplitMix64, YieldsThePublishedSequence) {
  // Reference: splitmix64.c by Vigna, seed 1234567.
  SplitMix64 random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317ULL);
  EXPECT_EQ(random.Next(), 3203168211198807973ULL);
}

TEST(SplitMix64, UnitAndSignedStayInRange) {
  SplitMix64 random(1);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double unit = random.NextUnit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    const float value = random.NextSigned();
    ASSERT_GE(value, -1.0F);
    ASSERT_LT(value, 1.0F);
    sum += unit;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
}

TEST(Dot, AgreesWithDoublePrecision) {
  const auto a = RandomVector(1, 256);
  const auto b = RandomVector(2, 256);
  EXPECT_NEAR(Dot(a.data(), b.data(), 256), NaiveDot(a.data(), b.data(), 256), 1e-5);
}

TEST(Dot, SumsInSixteenLanesAndAFixedTree) {
  // One lane gets 2^24 and then 1, which single precision drops; the other lanes keep theirs: 2^24 + 15 rounds to even.
  std::vector<float> a(32, 1.0F);
  std::vector<float> ones(32, 1.0F);
  a[0] = 16777216.0F;
  for (std::size_t i = 17; i < 32; ++i) a[i] = 0.0F;
  // half[0] = 2^24 + 1 (lane 8) -> 2^24; the seven others are 2; (2^24 + 2) + (2 + 2) + ((2 + 2) + (2 + 2)).
  EXPECT_EQ(Dot(a.data(), ones.data(), 32), 16777216.0F + 14.0F);
}

TEST(MultiplyF32, AgreesWithDoublePrecisionAndBatchesExactly) {
  const std::size_t rows = 7;
  const std::size_t cols = 48;
  const auto weights = RandomVector(3, rows * cols);
  const auto in = RandomVector(4, 3 * cols);
  std::vector<float> batch(3 * rows);
  MultiplyF32(weights.data(), rows, cols, in.data(), 3, batch.data());
  for (std::size_t t = 0; t < 3; ++t) {
    std::vector<float> single(rows);
    MultiplyF32(weights.data(), rows, cols, in.data() + t * cols, 1, single.data());
    for (std::size_t r = 0; r < rows; ++r) {
      EXPECT_EQ(single[r], batch[t * rows + r]);
      EXPECT_NEAR(single[r], NaiveDot(weights.data() + r * cols, in.data() + t * cols, cols), 1e-5);
    }
  }
}

TEST(QuantizeVector, RoundsToTheNearestOf255Steps) {
  const std::vector<float> in = {127.0F, -127.0F, 0.4F, 0.5F, -0.5F, 2.6F, 0.0F, 1.0F};
  std::vector<std::int16_t> out(in.size());
  EXPECT_EQ(QuantizeVector(in.data(), in.size(), out.data()), 1.0F);
  EXPECT_EQ(out, (std::vector<std::int16_t>{127, -127, 0, 1, -1, 3, 0, 1}));
}

TEST(QuantizeVector, GivesZeroForAZeroVector) {
  const std::vector<float> in(16, 0.0F);
  std::vector<std::int16_t> out(16, 9);
  EXPECT_EQ(QuantizeVector(in.data(), 16, out.data()), 0.0F);
  EXPECT_EQ(out, std::vector<std::int16_t>(16, 0));
}

TEST(MultiplyInt8, IsCloseToTheExactProduct) {
  const std::size_t rows = 9;
  const std::size_t cols = 128;
  const auto weights = RandomVector(5, rows * cols);
  const auto in = RandomVector(6, cols);
  const QuantizedMatrix quantized = Quantize(weights.data(), rows, cols);
  std::vector<std::int16_t> values(cols);
  const float scale = QuantizeVector(in.data(), cols, values.data());
  std::vector<float> out(rows);
  MultiplyInt8(quantized, values.data(), &scale, 1, out.data());
  for (std::size_t r = 0; r < rows; ++r) {
    // Two roundings of at most half a step of 1/127 each, over 128 products of mean size 1/4: well under 0.2.
    EXPECT_NEAR(out[r], NaiveDot(weights.data() + r * cols, in.data(), cols), 0.2);
  }
}

TEST(RmsNorm, AgreesWithTheFormula) {
  const auto in = RandomVector(7, 64);
  const auto gain = RandomVector(8, 64);
  std::vector<float> out(64);
  RmsNorm(in.data(), gain.data(), 64, out.data());
  const double root = std::sqrt(NaiveDot(in.data(), in.data(), 64) / 64 + 1e-6);
  for (std::size_t i = 0; i < 64; ++i) EXPECT_NEAR(out[i], in[i] / root * gain[i], 1e-5);
}

TEST(Softmax, SumsToOneAndAgreesWithTheFormula) {
  std::vector<float> values = {1.0F, 2.0F, 3.0F, -200.0F};
  Softmax(values.data(), values.size());
  const double sum = std::exp(-2.0) + std::exp(-1.0) + 1.0;
  EXPECT_NEAR(values[0], std::exp(-2.0) / sum, 1e-6);
  EXPECT_NEAR(values[2], 1.0 / sum, 1e-6);
  EXPECT_NEAR(values[3], 0.0, 1e-30);
}

TEST(Exp, StaysWithinAMillionthOfStdExp) {
  for (double x = -86.0; x < 87.9; x += 0.0137) {
    const double wanted = std::exp(static_cast<double>(static_cast<float>(x)));
    ASSERT_NEAR(Exp(static_cast<float>(x)) / wanted, 1.0, 1e-6) << x;
  }
}

TEST(Exp, IsBoundedForWhateverComes) {
  EXPECT_LT(Exp(-1000.0F), 1e-36F);
  EXPECT_EQ(Exp(1000.0F), Exp(88.0F));
  EXPECT_TRUE(std::isfinite(Exp(std::numeric_limits<float>::quiet_NaN())));
}

TEST(SiluProduct, AgreesWithTheFormula) {
  const auto gate = RandomVector(9, 32);
  const auto up = RandomVector(10, 32);
  std::vector<float> out(32);
  SiluProduct(gate.data(), up.data(), 32, out.data());
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_NEAR(out[i], gate[i] / (1.0 + std::exp(-static_cast<double>(gate[i]))) * up[i], 1e-6);
  }
}

TEST(AttendHead, AgreesWithTheFormula) {
  const std::size_t head = 32;
  const std::size_t stride = 64;
  const auto query = RandomVector(11, head);
  const auto keys = RandomVector(12, 5 * stride);
  const auto values = RandomVector(13, 5 * stride);
  std::vector<float> weights(5);
  std::vector<float> out(head);
  AttendHead(query.data(), keys.data(), values.data(), 5, stride, head, weights.data(), out.data());
  std::vector<double> naive(5);
  double sum = 0;
  for (std::size_t p = 0; p < 5; ++p) {
    naive[p] = std::exp(NaiveDot(query.data(), keys.data() + p * stride, head) / std::sqrt(32.0));
    sum += naive[p];
  }
  for (std::size_t i = 0; i < head; ++i) {
    double wanted = 0;
    for (std::size_t p = 0; p < 5; ++p) wanted += naive[p] / sum * values[p * stride + i];
    EXPECT_NEAR(out[i], wanted, 1e-5);
  }
}

}  // namespace
}  // namespace assay::embedded
