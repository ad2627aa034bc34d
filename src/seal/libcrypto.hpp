#pragma once

namespace volley {

/// A function of OpenSSL's libcrypto, by its name and its type in OpenSSL's headers.
///
/// The library is loaded with the first of them, and stays: to load it takes longer than all else
/// that most commands do, and only those that serve need it. Without it, which a broken
/// installation is, the program ends.
void* libcrypto_symbol(const char* name);

template <class Function>
Function* from_libcrypto(const char* name) {
  return reinterpret_cast<Function*>(libcrypto_symbol(name));
}

}  // namespace volley
