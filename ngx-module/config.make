# The rule for the module file. cargo knows what is out of date, so the rule always runs. An nginx may
# run with the file that is there: install makes a new one, cp would write into its code.

ngx_addon_name=ngx_upstream_tls_diag_module

# nginx makes its paths absolute after this file (auto/install).
case "$NGX_MODULES_PATH" in
    /*) tlsdiag_modules_path=$NGX_MODULES_PATH ;;
    *)  tlsdiag_modules_path=$NGX_PREFIX/$NGX_MODULES_PATH ;;
esac

# Relative, unless --builddir= says otherwise (Fedora's macros do).
case "$NGX_OBJS" in
    /*) tlsdiag_objs=$NGX_OBJS ;;
    *)  tlsdiag_objs=$PWD/$NGX_OBJS ;;
esac

cat << END                                                    >> $NGX_MAKEFILE

.PHONY: tlsdiag

tlsdiag:	$NGX_OBJS/ngx_auto_config.h
	NGINX_SOURCE_DIR="$PWD" NGINX_BUILD_DIR="$tlsdiag_objs" \\
	${NGX_CARGO:-cargo} build --release --locked \\
		--manifest-path "$ngx_addon_dir/Cargo.toml" \\
		--target-dir "$tlsdiag_objs/tlsdiag"
	install -m 644 "$NGX_OBJS/tlsdiag/release/lib$ngx_addon_name.so" \\
		"$NGX_OBJS/$ngx_addon_name.so"

modules:	tlsdiag

tlsdiag-install:	tlsdiag
	mkdir -p '\$(DESTDIR)$tlsdiag_modules_path'
	install -m 644 "$NGX_OBJS/$ngx_addon_name.so" \\
		'\$(DESTDIR)$tlsdiag_modules_path/$ngx_addon_name.so'

install:	tlsdiag-install

END
