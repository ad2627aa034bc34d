#include "seal/libcrypto.hpp"

#include <dlfcn.h>
#include <openssl/opensslv.h>

#include "base/check.hpp"

namespace volley {
namespace {

static_assert(OPENSSL_VERSION_MAJOR == 3, "the name below is that of OpenSSL 3");

void* load() {
  void* const libcrypto_so_3 = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  VOLLEY_CHECK(libcrypto_so_3 != nullptr);
  return libcrypto_so_3;
}

}  // namespace

void* libcrypto_symbol(const char* name) {
  static void* const library = load();
  void* const symbol = dlsym(library, name);
  VOLLEY_CHECK(symbol != nullptr);
  return symbol;
}

}  // namespace volley
