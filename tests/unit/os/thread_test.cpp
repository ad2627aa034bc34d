#include "os/thread.hpp"

#include <gtest/gtest.h>

#include "unit/os/no_room_for_threads.hpp"

namespace volley::os {
namespace {

TEST(Thread, RunsTheWork) {
  bool ran = false;
  {
    const auto thread = start_thread([&ran] { ran = true; });
    ASSERT_TRUE(thread) << thread.error().message;
  }
  EXPECT_TRUE(ran);
}

TEST(Thread, OneTooManyIsAnError) {
  const NoRoomForThreads scarce;
  const auto thread = start_thread([] {});
  ASSERT_FALSE(thread);
  EXPECT_EQ(thread.error().code, ErrorCode::kFull);
}

}  // namespace
}  // namespace volley::os
