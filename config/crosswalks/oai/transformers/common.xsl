<?xml version="1.0" encoding="UTF-8"?>
<!-- What all transformers do: an XOAI document goes in and comes out again, with dc.date.issued cut to a day and the
     languages of dc.language and dc.language.* as ISO 639-3 has them (en, en_US: eng). Not used on its own: driver.xsl and
     openaire4.xsl import it, openaire.xsl imports driver.xsl.

     In an XOAI document an unqualified value stands under schema/element/language/field, a qualified one under
     schema/element/qualifier/language/field. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    exclude-result-prefixes="x">
  <xsl:import href="../vocabularies.xsl"/>
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <!-- All but dc is copied whole. -->
  <xsl:template match="x:element | x:field"><xsl:copy-of select="."/></xsl:template>
  <xsl:template match="/x:metadata | /x:metadata/x:element[@name='dc']" name="into">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="x:element | x:field"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/x:metadata/x:element[@name='dc']/x:element[@name='date' or @name='type' or @name='language' or @name='rights']
      | /x:metadata/x:element[@name='dc']/x:element[@name='date' or @name='type' or @name='language' or @name='rights']//x:element">
    <xsl:call-template name="into"/>
  </xsl:template>

  <xsl:template match="/x:metadata/x:element[@name='dc']/x:element[@name='date']/x:element[@name='issued']/x:element/x:field[@name='value']">
    <xsl:call-template name="value">
      <xsl:with-param name="value" select="substring(normalize-space(), 1, 10)"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="/x:metadata/x:element[@name='dc']/x:element[@name='language']//x:field[@name='value']">
    <xsl:call-template name="value">
      <xsl:with-param name="value"><xsl:call-template name="language"/></xsl:with-param>
    </xsl:call-template>
  </xsl:template>

  <!-- The field with another value. -->
  <xsl:template name="value">
    <xsl:param name="value"/>
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:value-of select="$value"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
